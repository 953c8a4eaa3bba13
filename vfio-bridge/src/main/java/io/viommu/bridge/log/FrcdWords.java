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
package io.viommu.bridge.log;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The two halves of a VT-d fault recording register (VT-d specification, "Fault Recording Registers").
 *
 * <pre>
 *        63                                        12 11        0
 *  low  |        FI: page of the fault address       |  reserved |   DMA fault
 *       | index  63:48 |            reserved                     |   interrupt fault
 *
 *        63 62 61 60 59         40 39    32 31  30  29   28 27  16 15       0
 *  high |F |T1| AT  |    PASID    |   FR   |PP|EXE|PRIV|T2|  rsvd |   SID    |
 * </pre>
 *
 * T1 T2: write 00, read 10, page request 01, AtomicOp 11.
 */
final class FrcdWords {
    static final long FI_PAGE_MASK = ~0xfffL;
    static final int FI_PAGE_SHIFT = 12;
    static final int FI_INDEX_SHIFT = 48;

    static final int MAX_SOURCE_ID = 0xffff;
    static final int MAX_INDEX = 0xffff;
    static final int MAX_PASID = 0xf_ffff;
    static final int MAX_REASON = 0xff;

    private static final long F = 1L << 63;
    private static final long T1 = 1L << 62;
    private static final int PASID_SHIFT = 40;
    private static final int FR_SHIFT = 32;
    private static final long PP = 1L << 31;
    private static final long EXE = 1L << 30;
    private static final long T2 = 1L << 28;

    /** The reasons that the specification gives to interrupt remapping and interrupt posting. */
    private static final int FIRST_INTERRUPT_REASON = 0x20;
    private static final int LAST_INTERRUPT_REASON = 0x28;

    private FrcdWords() {
    }

    static long lowOfAddress(final long address) {
        return address & FI_PAGE_MASK;
    }

    static long lowOfIndex(final long index) {
        return index << FI_INDEX_SHIFT;
    }

    static long high(final int sourceId, final int reason, final boolean read, final boolean pasidPresent,
            final int pasid) {
        return F | (read ? T1 : 0) | (pasidPresent ? PP | (long) pasid << PASID_SHIFT : 0) | (long) reason << FR_SHIFT
                | sourceId;
    }

    static boolean recorded(final long high) {
        return (high & F) != 0;
    }

    static int reason(final long high) {
        return (int) (high >>> FR_SHIFT) & MAX_REASON;
    }

    static int sourceId(final long high) {
        return (int) high & MAX_SOURCE_ID;
    }

    static boolean hasPasid(final long high) {
        return (high & PP) != 0;
    }

    static int pasid(final long high) {
        return (int) (high >>> PASID_SHIFT) & MAX_PASID;
    }

    static LogAccess access(final long high) {
        if ((high & T2) != 0) {
            return LogAccess.UNKNOWN;
        }
        if ((high & EXE) != 0) {
            return LogAccess.EXECUTE;
        }
        return (high & T1) != 0 ? LogAccess.READ : LogAccess.WRITE;
    }

    static boolean isInterruptReason(final int reason) {
        return reason >= FIRST_INTERRUPT_REASON && reason <= LAST_INTERRUPT_REASON;
    }

    /** What the halves tell; {@code words} are both of them, or none if the low one could not be read. */
    static VtdLogFault fault(final long line, final RawWords words, final long high, final String rejection) {
        final int reason = reason(high);
        final boolean ofInterrupt = isInterruptReason(reason);
        OptionalLong address = OptionalLong.empty();
        if (words.count() > 0) {
            final long low = words.get(0);
            address = OptionalLong.of(ofInterrupt ? low >>> FI_INDEX_SHIFT : lowOfAddress(low));
        }
        return new VtdLogFault(line, ofInterrupt ? LogFault.Kind.VTD_INTERRUPT_FAULT : LogFault.Kind.VTD_DMA_FAULT,
                words, null, OptionalInt.empty(), OptionalInt.of(sourceId(high)),
                hasPasid(high) ? OptionalInt.of(pasid(high)) : OptionalInt.empty(), address,
                ofInterrupt ? LogAccess.UNKNOWN : access(high), OptionalInt.of(reason), null, rejection);
    }
}
