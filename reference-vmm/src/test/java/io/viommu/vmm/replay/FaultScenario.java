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

/**
 * A fault of a device behind an SMMUv3, as the hardware records it, and what a guest is to see of it.
 *
 * @param name     the row of the table in docs/bridge.md.
 * @param request  whether it is a page request (IHI 0070, 8) instead of an event (7.3).
 * @param hardware the words that the hardware wrote, with the host's StreamID.
 * @param guest    the words that the guest is to fetch, with its own StreamID; empty if it is the host's alone.
 */
record FaultScenario(String name, boolean request, List<Long> hardware, List<Long> guest) {

    /** The device, as the host knows it. */
    static final int HOST_STREAM = 0x8;
    /** The device, as the guest knows it. */
    static final int GUEST_STREAM = 0x1742;
    /** The device, as iommufd knows it. */
    static final int DEVICE_ID = 3;

    private static final long IN = 2L << 40;
    private static final long CD = 0;
    private static final long TT = 1L << 40;
    private static final long S2 = 1L << 39;
    private static final long RNW = 1L << 35;
    private static final long IND = 1L << 34;
    private static final long PNU = 1L << 33;
    private static final long STALL = 1L << 31;
    private static final long SSV = 1L << 11;

    static Stream<FaultScenario> all() {
        return Stream.of(
                event("read of an unmapped address", 0x10, IN | RNW, 0x2_0000),
                event("write of an unmapped address", 0x10, IN, 0x2_1000),
                event("write to a read-only page", 0x13, IN, 0x1_1000),
                event("page with the access flag clear", 0x12, IN | RNW, 0x1_2000),
                event("output address too large", 0x11, IN | RNW, 0x1_4000),
                event("input address too large", 0x10, IN | RNW, 1L << 45),
                event("privileged fetch with a SubstreamID", 0x10 | SSV | 0xabcL << 12, IN | RNW | IND | PNU, 0x7000),
                event("invalid context descriptor", 0x0A, 0, 0),
                event("SubstreamID out of range", 0x08 | 0xF_0000L << 12, 0, 0),
                event("stream disabled", 0x06, 0, 0),
                hosts("stage-1 walk aborted at a host address", 0x0B, TT | RNW, 0x3000, 0x3f_0000_1000L),
                hosts("context descriptor aborted at a host address", 0x09, 0, 0, 0x3f_0000_2000L),
                abort("stage-1 table outside the guest's memory", 0x0B, TT | RNW | S2, 0x4000, 0x3f_0000_3000L,
                        TT | RNW, 0x4000),
                abort("context descriptor outside the guest's memory", 0x09, CD | RNW | S2, 0x4000, 0x3f_0000_4000L, 0,
                        0),
                hosts("stage-2 fault", 0x10, IN | RNW | S2, 0x1_3000, 0x3f_0000_0000L),
                hosts("unknown host StreamID", 0x02, 0, 0, 0),
                event("stalled read", 0x10, IN | RNW | STALL, 0x5000),
                event("stalled write with a SubstreamID", 0x10 | SSV | 5L << 12, IN | STALL, 0x6123),
                request("page request", 0x3000_0000_0000_0000L, 0x9000),
                request("privileged page request with a SubstreamID", 0x9400_0077_0000_0000L, 0xA000));
    }

    private static FaultScenario event(final String name, final long code, final long word1, final long word2) {
        return new FaultScenario(name, false, List.of(code | (long) HOST_STREAM << 32, word1, word2, 0L),
                List.of(code | (long) GUEST_STREAM << 32, word1, word2, 0L));
    }

    private static FaultScenario hosts(final String name, final long code, final long word1, final long word2,
            final long word3) {
        return new FaultScenario(name, false, List.of(code | (long) HOST_STREAM << 32, word1, word2, word3),
                List.of());
    }

    /** A stage-2 fault of the guest's own walk, which a guest sees as the abort of that walk (3.12.5). */
    private static FaultScenario abort(final String name, final long guestCode, final long word1, final long word2,
            final long word3, final long guestWord1, final long guestWord2) {
        return new FaultScenario(name, false, List.of(0x10 | (long) HOST_STREAM << 32, word1, word2, word3),
                List.of(guestCode | (long) GUEST_STREAM << 32, guestWord1, guestWord2, word3));
    }

    /** Last of its group, which has index 0. */
    private static FaultScenario request(final String name, final long word0, final long address) {
        final long last = 1L << 62;
        return new FaultScenario(name, true, List.of(word0 | last | HOST_STREAM, address),
                List.of(word0 | last | GUEST_STREAM, address));
    }

    /** What a guest sees of a log that is injected as reported: the record word by word, but for the StreamID. */
    List<Long> reported() {
        return request
                ? guest
                : List.of(hardware.get(0) & 0xFFFF_FFFFL | (long) GUEST_STREAM << 32, hardware.get(1), hardware.get(2),
                        hardware.get(3));
    }

    boolean stalled() {
        return !request && (hardware.get(1) & STALL) != 0;
    }

    boolean ofStage2() {
        return !request && (hardware.get(1) & S2) != 0;
    }

    int type() {
        return hardware.get(0).intValue() & 0xFF;
    }

    @Override
    public String toString() {
        return name;
    }
}
