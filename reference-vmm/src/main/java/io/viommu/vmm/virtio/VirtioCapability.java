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

package io.viommu.vmm.virtio;

/**
 * Where a part of the device lies in its BAR 0, as a vendor-specific PCI capability says it (VIRTIO 1.2, 4.1.4).
 *
 * <pre>
 *  0 u8 0x09  1 u8 next  2 u8 length of this  3 u8 type  4 u8 BAR  8 u32 offset  12 u32 length  16 u32 multiplier
 * </pre>
 *
 * @param type   1 common, 2 notification, 3 interrupt status, 4 device-specific.
 * @param offset bytes from the start of the BAR.
 * @param length bytes.
 */
public record VirtioCapability(int type, int offset, int length) {

    /** The capability's PCI id: vendor-specific. */
    public static final int ID = 0x09;

    /** The type that is followed by a multiplier; ours is 0, for one address serves all queues. */
    public static final int NOTIFICATION = 2;

    /**
     * The bytes that the capability takes in the configuration space.
     *
     * @return 16, or 20 with a multiplier.
     */
    public int size() {
        return type == NOTIFICATION ? 20 : 16;
    }
}
