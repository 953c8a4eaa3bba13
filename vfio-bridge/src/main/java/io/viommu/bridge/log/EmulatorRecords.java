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
import java.util.regex.Matcher;

/** Faults as emulators and other systems print them: QEMU (Q1, Q2) and Genode (R1). */
final class EmulatorRecords {
    /** Genode prints FI, bits 63:12 of the low half, shifted down. */
    private static final int FI_BITS = 64 - FrcdWords.FI_PAGE_SHIFT;
    private static final long MAX_FI = (1L << FI_BITS) - 1;

    private EmulatorRecords() {
    }

    /** Q1. Null if the line only names the function. */
    static LogFault qemuVtd(final Matcher groups, final long line) {
        return groups.group("bdf") == null
                ? null
                : new DmarFaultText(line, groups.group("bdf"), groups.group("info")).toFault();
    }

    /** Q2. Null if the line only names the memory region. */
    static LogFault qemuSmmu(final Matcher groups, final long line) {
        final String info = groups.group("info");
        if (info == null || info.indexOf('%') >= 0) {
            return null;
        }
        final SmmuEventName name = groups.group("name") == null ? null : SmmuEventName.byName(groups.group("name"));
        return new SmmuLogEvent(line, null, name == null ? OptionalInt.empty() : OptionalInt.of(name.id()),
                RawWords.NONE, false, OptionalLong.empty(), OptionalInt.empty(),
                PrintedNumber.isHex64(info) ? OptionalLong.of(PrintedNumber.hex64(info)) : OptionalLong.empty(),
                LogAccess.UNKNOWN, "QEMU's message has no StreamID and no event words.");
    }

    /** R1. */
    static LogFault genode(final Matcher groups, final long line) {
        final String highText = groups.group("high");
        final String infoText = groups.group("info");
        if (!PrintedNumber.isHex64(highText)) {
            return rejected(line, "The high half " + highText + " can't be read as a 64-bit hexadecimal number.");
        }
        final long high = PrintedNumber.hex64(highText);
        if (!FrcdWords.recorded(high)) {
            return rejected(line, "The high half " + highText + " has F = 0: no fault is recorded in it.");
        }
        final long fi = infoText == null ? PrintedNumber.UNREADABLE : PrintedNumber.hexUpTo(infoText, MAX_FI);
        String rejection = null;
        if (infoText == null) {
            rejection = "The fault is cut short before its info field.";
        } else if (fi < 0) {
            rejection = "The info field " + infoText + " does not fit into the 52 bits of FI.";
        }
        final RawWords words = rejection == null ? RawWords.of(fi << FrcdWords.FI_PAGE_SHIFT, high) : RawWords.NONE;
        return FrcdWords.fault(line, words, high, rejection);
    }

    private static LogFault rejected(final long line, final String rejection) {
        return new VtdLogFault(line, LogFault.Kind.VTD_DMA_FAULT, RawWords.NONE, null, OptionalInt.empty(),
                OptionalInt.empty(), OptionalInt.empty(), OptionalLong.empty(), LogAccess.UNKNOWN, OptionalInt.empty(),
                null, rejection);
    }
}
