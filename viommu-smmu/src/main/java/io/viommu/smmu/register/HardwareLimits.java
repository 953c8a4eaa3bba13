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
package io.viommu.smmu.register;

import io.viommu.iommu.NestedStreams;

/**
 * What the hardware can do that walks the guest's tables: a guest is offered no more. Only fields that linux/iommufd.h
 * lets user space interpret are looked at.
 *
 * @param wideAsids     16-bit ASIDs (IDR0.ASID16).
 * @param cd2l          two-level CD tables (IDR0.CD2L).
 * @param stalls        whether faults can stall (IDR0.STALL_MODEL is not 0b01).
 * @param bothEnds      terminated transactions can be aborted or RAZ/WI (IDR0.TERM_MODEL = 0).
 * @param sidSize       StreamID bits (IDR1.SIDSIZE).
 * @param ssidSize      SubstreamID bits (IDR1.SSIDSIZE).
 * @param ril           invalidation by range (IDR3.RIL).
 * @param bbml          break-before-make level (IDR3.BBML).
 * @param granules      IDR5.GRAN64K, GRAN16K, GRAN4K as bits 2 to 0.
 * @param aarch64Tables whether it walks AArch64 tables in little-endian order (IDR0.TTF, TTENDIAN).
 */
public record HardwareLimits(boolean wideAsids, boolean cd2l, boolean stalls, boolean bothEnds, int sidSize,
        int ssidSize, boolean ril, int bbml, int granules, boolean aarch64Tables) {

    /** No hardware limits anything. */
    public static final HardwareLimits NONE = new HardwareLimits(true, true, true, true, 32, 20, true, 2, 7, true);

    private static final int STALL_NEVER = 1;
    private static final int BIG_ENDIAN_ONLY = 3;

    /**
     * Reads the limits off the hardware's identification registers.
     *
     * @param host the hardware.
     * @return its limits; a register that isn't known limits nothing.
     */
    public static HardwareLimits of(final NestedStreams host) {
        final int idr0 = host.identification(0);
        final int idr1 = host.identification(1);
        final int idr3 = host.identification(3);
        final int idr5 = host.identification(5);
        if (idr0 == NestedStreams.UNKNOWN || idr1 == NestedStreams.UNKNOWN || idr3 == NestedStreams.UNKNOWN
                || idr5 == NestedStreams.UNKNOWN) {
            return NONE;
        }
        return new HardwareLimits(bit(idr0, 12), bit(idr0, 19), field(idr0, 24, 3) != STALL_NEVER, !bit(idr0, 26),
                field(idr1, 0, 0x3F), field(idr1, 6, 0x1F), bit(idr3, 10), Math.min(field(idr3, 11, 3), 2),
                field(idr5, 4, 7), field(idr0, 2, 3) >= 2 && field(idr0, 21, 3) != BIG_ENDIAN_ONLY);
    }

    private static boolean bit(final int register, final int position) {
        return (register >>> position & 1) != 0;
    }

    private static int field(final int register, final int shift, final int mask) {
        return register >>> shift & mask;
    }
}
