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
package io.viommu.vmm.replay;

import java.lang.foreign.MemorySegment;
import java.util.List;

import io.viommu.device.MmioDevice;
import io.viommu.vmm.guest.VtdSoftware;

/** A guest of a VT-d unit whose tables are such that the faults of {@link VtdScenario} can happen. */
final class VtdView implements GuestView {

    /** PS, which is reserved in the top table. */
    private static final long PAGE_SIZE = 1 << 7;

    final VtdSoftware software;

    VtdView(final MmioDevice device, final MemorySegment ram, final long base) {
        final long page = base + 0x8_0000 | VtdSoftware.PRESENT;
        software = new VtdSoftware(device, ram, base).context(VtdScenario.GUEST_DEVICE).pasid(0, 0).pasid(5, 0)
                .page(0, 0x1000, page | VtdSoftware.WRITABLE | VtdSoftware.USER)
                .page(0, 0x2000, page | VtdSoftware.USER)
                .page(0, 0x3000, page | VtdSoftware.WRITABLE)
                .top(0, 1, 0x1000 | VtdSoftware.PRESENT | VtdSoftware.USER)
                .top(0, 2, base + 0x8_0000 | PAGE_SIZE | VtdSoftware.PRESENT | VtdSoftware.USER)
                .boot();
    }

    @Override
    public List<Long> events() {
        return software.faults();
    }

    @Override
    public List<Long> requests() {
        return software.requests();
    }
}
