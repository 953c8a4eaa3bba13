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
import java.util.regex.Pattern;

/**
 * One DMAR or interrupt remapping fault as far as its text has been read (D1 to D6, X1): the strings as printed, and
 * the reason, which may come later.
 */
final class DmarFaultText {
    /** The device: 00:02.0, 0x00:0x02.0 (D4), 0000:00:02.0 (Xen), 07.00.1 (typed by hand), 00:02:00 (QEMU). */
    private static final Pattern REQUESTER = Pattern.compile("(?:(?<segment>\\p{XDigit}{4}):)?"
            + "(?:0x)?(?<bus>\\p{XDigit}{2})[:.](?:0x)?(?<device>\\p{XDigit}{2})[:.](?<function>\\p{XDigit}{1,2})");

    private static final String NO_REASON = "The log has no fault reason for this fault.";
    private static final int HEX = 16;
    private static final int MAX_DEVICE = 0x1f;
    private static final int MAX_FUNCTION = 7;
    private static final long NO_PASID = 0xffff_ffffL;
    private static final int NO_WRITE_PERMISSION = 5;
    private static final int NO_READ_PERMISSION = 6;

    private final long line;
    private final LogTime time;
    private final boolean interrupt;
    private final LogAccess access;
    private final String requester;
    private final String pasidText;
    private final String infoText;
    private String reasonText;
    private boolean reasonFromXen;
    private String words;

    private OptionalInt segment = OptionalInt.empty();
    private OptionalInt sourceId = OptionalInt.empty();
    private OptionalInt pasid = OptionalInt.empty();
    private String rejection;

    DmarFaultText(final FoundRecord record) {
        final Matcher groups = record.groups();
        line = record.line();
        time = record.time();
        interrupt = groups.group("interrupt") != null;
        access = access(groups.group("access"));
        requester = groups.group("bdf") == null ? groups.group("barebdf") : groups.group("bdf");
        pasidText = groups.group("pasid") != null ? groups.group("pasid") : groups.group("pasid2");
        infoText = groups.group("info");
        if (groups.group("complete") != null || groups.group("bare") != null) {
            reasonText = groups.group("bare") == null ? groups.group("reason") : groups.group("bare");
        }
    }

    /** Q1: QEMU prints the device and the address only. */
    DmarFaultText(final long line, final String requester, final String infoText) {
        this.line = line;
        time = LogTime.NONE;
        interrupt = false;
        access = LogAccess.UNKNOWN;
        this.requester = requester;
        pasidText = null;
        this.infoText = infoText;
        rejection = "QEMU's message has no fault reason and no access direction.";
    }

    long line() {
        return line;
    }

    LogTime time() {
        return time;
    }

    /**
     * Whether a reason can be this fault's: 05h is that of requests that write, 06h that of those that read.
     */
    boolean canHave(final String printed, final boolean xen) {
        final long reason = PrintedNumber.reason(printed, xen);
        return !(reason == NO_WRITE_PERMISSION && access == LogAccess.READ)
                && !(reason == NO_READ_PERMISSION && access == LogAccess.WRITE);
    }

    boolean isInterrupt() {
        return interrupt;
    }

    boolean hasReason() {
        return reasonText != null;
    }

    /** Whether the line is a line of source code or documentation with format letters in place of numbers. */
    boolean isTemplate() {
        return requester != null && requester.indexOf('%') >= 0 || infoText != null && infoText.indexOf('%') >= 0;
    }

    boolean hasInfo() {
        return infoText != null;
    }

    boolean hasRequester() {
        return requester != null;
    }

    void reason(final String printed, final boolean xen) {
        reasonText = printed;
        reasonFromXen = xen;
    }

    /** What is printed after the reason's number; parts may come from several lines. */
    void addWords(final String more) {
        if (!more.isEmpty()) {
            words = words == null ? more : words + ' ' + more;
        }
    }

    String words() {
        return words == null ? "" : words;
    }

    VtdLogFault toFault() {
        readRequester();
        final boolean hasAddress = infoText != null && PrintedNumber.isHex64(infoText);
        readInfo(hasAddress);
        readPasid();
        final long reason = readReason();
        if (!interrupt && access == LogAccess.UNKNOWN) {
            reject("The log does not say whether the access was a read or a write.");
        }
        final RawWords record = rejection == null ? record((int) reason) : RawWords.NONE;
        return new VtdLogFault(line, interrupt ? LogFault.Kind.VTD_INTERRUPT_FAULT : LogFault.Kind.VTD_DMA_FAULT,
                record, requester, segment, sourceId, pasid,
                hasAddress ? OptionalLong.of(PrintedNumber.hex64(infoText)) : OptionalLong.empty(), access,
                reason < 0 ? OptionalInt.empty() : OptionalInt.of((int) reason), words, rejection);
    }

    private RawWords record(final int reason) {
        final long info = PrintedNumber.hex64(infoText);
        return RawWords.of(interrupt ? FrcdWords.lowOfIndex(info) : FrcdWords.lowOfAddress(info), FrcdWords.high(
                sourceId.getAsInt(), reason, access == LogAccess.READ, pasid.isPresent(), pasid.orElse(0)));
    }

    private void readRequester() {
        if (requester == null) {
            reject("The fault is cut short before its device.");
            return;
        }
        final Matcher parts = REQUESTER.matcher(requester);
        if (!parts.matches()) {
            reject("The device [" + requester + "] can't be read as bus:device.function.");
            return;
        }
        final int device = Integer.parseInt(parts.group("device"), HEX);
        final int function = Integer.parseInt(parts.group("function"), HEX);
        if (device > MAX_DEVICE || function > MAX_FUNCTION) {
            reject("The device [" + requester + "] does not fit: device numbers end at 1f, functions at 7.");
            return;
        }
        if (parts.group("segment") != null) {
            segment = OptionalInt.of(Integer.parseInt(parts.group("segment"), HEX));
        }
        sourceId = OptionalInt.of(Integer.parseInt(parts.group("bus"), HEX) << 8 | device << 3 | function);
    }

    private void readInfo(final boolean readable) {
        final String field = interrupt ? "index" : "address";
        if (infoText == null) {
            reject("The fault is cut short before its " + field + ".");
        } else if (!readable) {
            reject("The fault " + field + " " + infoText + " can't be read as a 64-bit hexadecimal number.");
        } else if (interrupt && PrintedNumber.hexUpTo(infoText, FrcdWords.MAX_INDEX) < 0) {
            reject("The interrupt index " + infoText + " does not fit into 16 bits.");
        }
    }

    private void readPasid() {
        if (pasidText == null) {
            return;
        }
        final long value = PrintedNumber.hexUpTo(pasidText, NO_PASID);
        if (value < 0 || value > FrcdWords.MAX_PASID && value != NO_PASID) {
            reject("The PASID " + pasidText + " does not fit into 20 bits.");
        } else if (value != NO_PASID) {
            pasid = OptionalInt.of((int) value);
        }
    }

    private long readReason() {
        if (reasonText == null) {
            reject(NO_REASON);
            return PrintedNumber.UNREADABLE;
        }
        final long reason = PrintedNumber.reason(reasonText, reasonFromXen || segment.isPresent());
        if (reason < 0) {
            reject("The fault reason " + reasonText + " can't be read as an 8-bit number.");
        }
        return reason;
    }

    /** Says why the fault is not whole, unless that has been said. */
    void reject(final String why) {
        if (rejection == null) {
            rejection = why;
        }
    }

    private static LogAccess access(final String printed) {
        if (printed == null) {
            return LogAccess.UNKNOWN;
        }
        return printed.charAt(0) == 'R' || printed.charAt(0) == 'r' ? LogAccess.READ : LogAccess.WRITE;
    }
}
