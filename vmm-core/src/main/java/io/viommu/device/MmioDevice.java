/*
 * Copyright 2026 the viommu authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.viommu.device;

/**
 * A device with registers in the guest's physical address space.
 *
 * <p>The VMM decodes the address and calls with an offset; any number of vCPU threads may call at once. Neither method
 * throws, blocks on the guest or allocates, whatever the guest asks for.
 */
public interface MmioDevice {

    /**
     * The size of the register frame.
     *
     * @return bytes, constant over the life of the device.
     */
    long mmioSize();

    /**
     * A guest read.
     *
     * @param offset bytes from the start of the frame.
     * @param size   width of the access: 1, 2, 4 or 8 bytes.
     * @return the value, in the low {@code size} bytes; the rest is 0.
     */
    long read(long offset, int size);

    /**
     * A guest write. When it returns, all that the write caused inside the model has happened.
     *
     * @param offset bytes from the start of the frame.
     * @param size   width of the access: 1, 2, 4 or 8 bytes.
     * @param value  the value, in the low {@code size} bytes; the rest is ignored.
     */
    void write(long offset, int size, long value);
}
