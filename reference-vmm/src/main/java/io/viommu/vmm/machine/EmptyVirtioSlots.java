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

package io.viommu.vmm.machine;

import io.viommu.device.MmioDevice;

/**
 * The memory-mapped virtio transports of {@code virt}, 32 of 512 bytes, all empty: each says that it is one, and that
 * its device is number 0, none (VIRTIO 1.2, 4.2.2).
 *
 * <pre>
 *  0x00 magic "virt"   0x04 version   0x08 device   0x0c vendor
 * </pre>
 */
final class EmptyVirtioSlots implements MmioDevice {

    private static final int SLOTS = 32;
    private static final int SLOT_SIZE = 0x200;
    private static final int MAGIC = 0x7472_6976;
    private static final int LEGACY_VERSION = 1;
    private static final int VENDOR_QEMU = 0x554D_4551;

    @Override
    public long mmioSize() {
        return SLOTS * SLOT_SIZE;
    }

    @Override
    public long read(final long offset, final int size) {
        return switch ((int) offset % SLOT_SIZE) {
            case 0x00 -> MAGIC;
            case 0x04 -> LEGACY_VERSION;
            case 0x0C -> VENDOR_QEMU;
            default -> 0;
        };
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        // There is nobody to write to.
    }
}
