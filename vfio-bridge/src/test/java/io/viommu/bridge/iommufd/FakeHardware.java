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
package io.viommu.bridge.iommufd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.IommufdObjects.HwInfoLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptInvalidateLayout;
import io.viommu.bridge.uapi.IommufdTables.VtdS1InvalidateLayout;

/** The IOMMU of the fake kernel: what it says of itself, and what VT-d's share of the invalidations did. */
public final class FakeHardware {

    private static final int PAGE_MASK = 0xFFF;

    /** An invalidation that a VT-d unit has done. */
    public record Invalidation(long address, long pages, int flags) {
    }

    /** What was done, in order. */
    public final List<Invalidation> invalidations = new ArrayList<>();
    /** How many entries came with each request. */
    public final List<Integer> batches = new ArrayList<>();
    /** Addresses that are refused, each once. */
    public final List<Long> refused = new ArrayList<>();
    private int type;
    private int pasidBits;
    private long capabilities;
    private byte[] data = {};

    /** Makes it say something else of itself. */
    public void set(final int newType, final int bits, final long newCapabilities, final byte[] newData) {
        type = newType;
        pasidBits = bits;
        capabilities = newCapabilities;
        data = newData;
    }

    int describe(final MemorySegment argument) {
        final int room = argument.get(ValueLayout.JAVA_INT, HwInfoLayout.DATA_LEN);
        final MemorySegment into = FakeIommufd
                .data(argument.get(ValueLayout.JAVA_LONG, HwInfoLayout.DATA_UPTR), room);
        into.fill((byte) 0);
        MemorySegment.copy(data, 0, into, ValueLayout.JAVA_BYTE, 0, Math.min(room, data.length));
        argument.set(ValueLayout.JAVA_INT, HwInfoLayout.DATA_LEN, data.length);
        argument.set(ValueLayout.JAVA_INT, HwInfoLayout.OUT_DATA_TYPE, type);
        argument.set(ValueLayout.JAVA_BYTE, HwInfoLayout.OUT_MAX_PASID_LOG2, (byte) pasidBits);
        argument.set(ValueLayout.JAVA_LONG, HwInfoLayout.OUT_CAPABILITIES, capabilities);
        return 0;
    }

    int invalidateVtd(final MemorySegment argument) {
        final int count = argument.get(ValueLayout.JAVA_INT, HwptInvalidateLayout.ENTRY_NUM);
        final int length = argument.get(ValueLayout.JAVA_INT, HwptInvalidateLayout.ENTRY_LEN);
        argument.set(ValueLayout.JAVA_INT, HwptInvalidateLayout.ENTRY_NUM, 0);
        if (argument.get(ValueLayout.JAVA_INT, HwptInvalidateLayout.DATA_TYPE) != HwptInvalidateLayout.DATA_VTD_S1
                || length != VtdS1InvalidateLayout.LENGTH) {
            return -Errno.EINVAL;
        }
        final MemorySegment entries = FakeIommufd.data(
                argument.get(ValueLayout.JAVA_LONG, HwptInvalidateLayout.DATA_UPTR), (long) length * count);
        batches.add(count);
        for (int i = 0; i < count; i++) {
            final long at = (long) i * length;
            final long address = entries.get(ValueLayout.JAVA_LONG, at + VtdS1InvalidateLayout.ADDR);
            final long pages = entries.get(ValueLayout.JAVA_LONG, at + VtdS1InvalidateLayout.NPAGES);
            final int flags = entries.get(ValueLayout.JAVA_INT, at + VtdS1InvalidateLayout.FLAGS);
            if ((address & PAGE_MASK) != 0 || (flags & ~VtdS1InvalidateLayout.FLAG_LEAF) != 0 || pages == 0
                    || pages == -1 && address != 0) {
                return -Errno.EINVAL;
            }
            if (refused.remove(address)) {
                return -Errno.ETIMEDOUT;
            }
            invalidations.add(new Invalidation(address, pages, flags));
            argument.set(ValueLayout.JAVA_INT, HwptInvalidateLayout.ENTRY_NUM, i + 1);
        }
        return 0;
    }
}
