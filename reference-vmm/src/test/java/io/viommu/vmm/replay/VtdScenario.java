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

import java.util.List;
import java.util.stream.Stream;

import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;

/**
 * A fault of a device behind a VT-d unit that walks a guest's first-stage tables, as the unit records it, and what the
 * guest is to see of it.
 *
 * @param name     the row of the table in docs/bridge.md.
 * @param request  whether it is a page request (VT-d 7.4.1.1) instead of a fault record (11.4.7.6).
 * @param hardware the two words that the unit wrote, with the host's requester id.
 * @param guest    the words that the guest is to fetch, with its own requester id; empty if it is the host's alone.
 */
record VtdScenario(String name, boolean request, List<Long> hardware, List<Long> guest) {

    /** The device, as the host knows it. */
    static final int HOST_DEVICE = 0x6A00;
    /** The device, as the guest knows it. */
    static final int GUEST_DEVICE = 0x0018;
    /** The device, as iommufd knows it. */
    static final int DEVICE_ID = 3;

    private static final int NO_PASID = FaultSink.NO_PASID;
    private static final long FAULT = 1L << 63;
    private static final long READ = 1L << 62;
    private static final long WRITE = 0;
    private static final long PASID_PRESENT = 1L << 31;
    private static final int NOTHING = 0;

    static Stream<VtdScenario> all() {
        return Stream.of(fault("read of an unmapped address", 0x71, 0x71, NO_PASID, READ, 0x5000),
                fault("write of an unmapped address with a PASID", 0x71, 0x71, 5, WRITE, 0x6000),
                fault("write to a read-only page", 0x85, 0x85, 5, WRITE, 0x2000),
                fault("user request to a supervisor page", 0x81, 0x81, NO_PASID, READ, 0x3000),
                fault("reserved bits in a first-stage entry", 0x72, 0x72, NO_PASID, READ, 1L << 40),
                fault("address not canonical", 0x80, 0x80, NO_PASID, READ, 1L << 47),
                fault("PASID table entry not present", 0x59, 0x59, 6, READ, 0x1000),
                fault("PASID directory entry not present", 0x51, 0x51, 0x40, READ, 0x1000),
                fault("PASID beyond the directory", 0x46, 0x46, 0x2000, WRITE, 0x1000),
                fault("first-stage table outside the guest's memory", 0x74, 0x70, NO_PASID, READ, 1L << 39),
                fault("page that is mapped again", 0x71, NOTHING, NO_PASID, READ, 0x1000),
                fault("second-stage fault", 0x79, NOTHING, NO_PASID, READ, 0x1000),
                fault("interrupt-remapping fault", 0x22, NOTHING, NO_PASID, WRITE, 7L << 48),
                request("page request", NO_PASID, 1, 0x9000),
                request("page request with a PASID", 5, 3, 0xA000),
                request("privileged page request with a PASID", 5, 9, 0xB000));
    }

    private static VtdScenario fault(final String name, final int reason, final int shown, final int pasid,
            final long type, final long address) {
        final long rest = FAULT | type | (pasid < 0 ? 0 : PASID_PRESENT | (long) pasid << 40);
        return new VtdScenario(name, false, List.of(address, rest | (long) reason << 32 | HOST_DEVICE),
                shown == NOTHING ? List.of() : List.of(address, rest | (long) shown << 32 | GUEST_DEVICE));
    }

    /** Last of group 3; permissions as in {@link GenericFault}. */
    private static VtdScenario request(final String name, final int pasid, final int permissions, final long address) {
        final long word0 = 1 | (pasid < 0 ? 0 : 1L << 8 | (long) pasid << 32 | (permissions & 12L) << 50);
        final long word1 = address | 3 << 3 | 1 << 2 | permissions & 3;
        return new VtdScenario(name, true, List.of(word0 | (long) HOST_DEVICE << 16, word1),
                List.of(word0 | (long) GUEST_DEVICE << 16, word1));
    }

    static VtdScenario of(final String name) {
        return all().filter(scenario -> scenario.name.equals(name)).findFirst().orElseThrow();
    }

    int pasid() {
        final long word = hardware.get(request ? 0 : 1);
        if (request) {
            return (word & 1 << 8) == 0 ? NO_PASID : (int) (word >>> 32) & 0xF_FFFF;
        }
        return (word & PASID_PRESENT) == 0 ? NO_PASID : (int) (word >>> 40) & 0xF_FFFF;
    }

    /** Of a page request, as in {@link GenericFault}. */
    int permissions() {
        return (int) (hardware.get(1) & 3 | hardware.get(0) >>> 50 & 12);
    }

    int group() {
        return (int) (hardware.get(1) >>> 3 & 0x1FF);
    }

    long address() {
        return hardware.get(request ? 1 : 0) & ~0xFFFL;
    }

    /** What a guest sees of a log that is injected as reported: the record, but for the requester. */
    List<Long> reported() {
        return List.of(hardware.get(0), hardware.get(1) & ~0xFFFFL | GUEST_DEVICE);
    }

    @Override
    public String toString() {
        return name;
    }
}
