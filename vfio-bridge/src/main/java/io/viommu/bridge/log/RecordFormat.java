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

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The records that logs hold. Each format is one regular expression whose parts are optional from left to right: it
 * matches from the first token of its record on, as far as the text follows the format. What it got shows in its named
 * groups; {@link Matcher#hitEnd()} tells that the text ended inside the record, so that the next line may hold the rest
 * of it. That is how lines wrapped at any blank are joined without a second description of each format.
 *
 * <p>All quantifiers over text that others choose are bounded, so that matching is linear in the length of the text.
 *
 * <p>S1 … R1 are short names used throughout this package and its tests: S for the SMMUv3 driver, D for Linux's DMAR
 * driver, X for Xen, Q for QEMU, R for Genode.
 */
enum RecordFormat {
    /** S1 to S5, S7, S8: what the SMMUv3 driver says, with the name of the SMMU. */
    SMMU("arm-smmu-v3|smmuv3:", "(?:arm-smmu-v3|SMMUv3:)(?=\\s|$)",
            inTurn("(?:arm-smmu-v3|SMMUv3:)", "\\s+(?<device>[^\\s:]{1,80}):", "\\s*(?:" + Parts.SMMU + ")")),

    /** S1 to S4, S8 when the driver's name is lost, or the SMMU's as well. */
    SMMU_BARE(
            "^|event",
            "\\A(?:[\\w.@-]{1,80}:\\s{0,8})?(?:0[xX]\\p{XDigit}{8}|event:?\\s|(?:un)?priv\\s+(?:data|inst)\\b|sid\\s+0x"
                    + "|unexpected\\s+PRI\\b)|(?<!\\w)event\\s+0[xX]\\p{XDigit}{1,4}\\s+received",
            "(?:(?<device>[\\w.@-]{1,80}):\\s{0,8})?(?:" + Parts.SMMU + ")"),

    /** S6, D8 and Xen's: so many lines were not printed. */
    SUPPRESSED("dmar_fault|arm_smmu_|printk", "(?:dmar_fault|arm_smmu_\\w{1,40}|printk):?\\s+\\d",
            "(?<source>dmar_fault|arm_smmu|printk)" + inTurn("\\w{0,40}:?\\s+(?<count>\\d{1,18})",
                    "\\s+(?:callbacks|messages)", "\\s+suppressed(?<complete>)")),

    /** Syslog's: the line before it, or the one in brackets, came so many times more. */
    REPEATED("message", "message repeated \\d", "message repeated (?<count>\\d{1,9}) times?(?<bracket>:\\s*\\[)?"),

    /** D1, D1i, X1: the reason of a fault on a line of its own; or alone at the start of a line that was wrapped. */
    DMAR_REASON("dmar|intr-remap|unknown|^",
            "(?i)(?:DMAR|INTR-REMAP|UNKNOWN)\\s*:\\s*(?:\\[\\s*fault(?=\\s|$)|reason(?=\\s|$))"
                    + "|\\A\\[\\s*fault(?=\\s|$)",
            "(?i)(?:(?<family>DMAR|INTR-REMAP|UNKNOWN)\\s*:\\s*)?(?:"
                    + inTurn("\\[\\s*fault", "\\s+reason", "\\s+(?<reason>" + Parts.TOKEN + ")", "\\s*\\](?<complete>)")
                    + "|" + inTurn("reason", "\\s+(?<xen>\\p{XDigit}{1,8})", "\\s+-(?=\\s|$)(?<xencomplete>)") + ")"),

    /**
     * D1 to D6, X1: a fault. From D2 on its reason follows in the same record. People type such lines from photographs:
     * capitals, brackets and punctuation are taken as they come, and what stands before "Request" may be anything.
     */
    DMAR_FAULT("[dma|dma read|dma write|[intr-remap]|intr-remap:|unknown:|request",
            "(?i)\\[DMA(?=\\s|$)|DMA\\s+(?:read|write)\\b|\\[INTR-REMAP\\]|INTR-REMAP:(?=\\s*Request|\\s*$)"
                    + "|UNKNOWN:(?=\\s*Request)"
                    + "|\\brequest\\s+device\\b[\\s:]*\\[{0,2}\\s*[^\\[\\]\\s]{1,24}\\s*\\]?[^\\[\\]]{0,40}fault\\s",
            "(?i)" + inTurn(
                    "(?<kind>\\[?DMA\\s+(?<access>read|write)(?:[\\s,/]+NO[_\\s-]?PASID"
                            + "|[\\s,/]+PASID\\s*[:=]?\\s*(?<pasid>"
                            + Parts.TOKEN + "))?\\s*\\]?|(?<interrupt>\\[INTR-REMAP\\]|INTR-REMAP:)|UNKNOWN:)?",
                    "\\s*Request", "\\s+device(?<request>)",
                    "[\\s:]*(?:\\[{1,2}\\s*(?<bdf>[^\\[\\]\\s]{1,24})\\s*\\]"
                            + "|(?<barebdf>(?:\\p{XDigit}{4}:)?(?:0x)?\\p{XDigit}{2}:"
                            + "(?:0x)?\\p{XDigit}{2}\\.(?:0x)?\\p{XDigit})(?!\\w))",
                    "(?:[\\s,]*PASID\\s*[:=]?\\s*(?<pasid2>" + Parts.TOKEN + "))?[\\s,]*fault",
                    "\\s+(?:addr(?:ess)?|index)", "[\\s:=]+(?<info>" + Parts.TOKEN + ")",
                    "(?:,?\\s*iommu\\s+reg\\s*=\\s*\\p{XDigit}{1,16})?[\\s,;]*(?:"
                            + inTurn("\\[\\s*fault", "\\s+reason", "[\\s:=]+(?<reason>" + Parts.TOKEN + ")",
                                    "\\s*\\](?<complete>)")
                            + "|\\(?fault\\s+reason[\\s:=]+(?<bare>" + Parts.TOKEN + ")\\)?(?=[\\s:]|$))")),

    /** D7: the fault status register. */
    DMAR_STATUS("drhd:", "(?i)DRHD:(?=\\s|$)", "(?i)"
            + inTurn("DRHD:", "\\s+handling", "\\s+fault", "\\s+status", "\\s+re[gq]",
                    "\\s+(?<value>\\p{XDigit}{1,8})")),

    /** D9: tables follow. */
    DMAR_DUMP("dump dmar", "Dump\\s+dmar\\d", "Dump\\s+dmar\\d{1,6}(?<complete>)"),

    /** Q1: QEMU's VT-d saw a fault; the line has no reason. */
    QEMU_VTD("vtd_iommu_translate:", "vtd_iommu_translate:(?=\\s|$)",
            inTurn("vtd_iommu_translate:", "\\s+detected", "\\s+translation", "\\s+failure",
                    "\\s*\\(dev=(?:3D)?(?<bdf>\\p{XDigit}{2}:\\p{XDigit}{2}:\\p{XDigit}{2})",
                    ",\\s*iova=(?:3D)?(?<info>" + Parts.TOKEN + ")")),

    /** Q1: QEMU's VT-d merged a fault into one that was pending. */
    QEMU_COMPRESSED("new fault", "New\\s+fault\\s+is\\s+not\\s+recorded",
            "New\\s+fault\\s+is\\s+not\\s+recorded"
                    + inTurn("", "\\s+due", "\\s+to", "\\s+compression(?<complete>)")),

    /** Q2: QEMU's SMMUv3 recorded an event; the line has no StreamID. */
    QEMU_SMMU("smmuv3-iommu", "smmuv3-iommu-memory-region-\\w",
            inTurn("smmuv3-iommu-memory-region-[\\w-]{1,40}", "\\s+translation", "\\s+failed", "\\s+for",
                    "\\s+iova=(?:3D)?(?<info>" + Parts.TOKEN + ")", "\\s*\\((?:SMMU_EVT_)?(?<name>\\w{1,40})\\)")),

    /** R1: Genode prints the high half of the fault recording register, and FI. */
    GENODE("fault:", "Fault:\\s+hi=",
            inTurn("Fault:\\s+hi=(?<high>" + Parts.TOKEN + ")", ",\\s*reason=" + Parts.TOKEN,
                    ",\\s*type=" + Parts.TOKEN, ",\\s*AT=" + Parts.TOKEN, ",\\s*EXE=" + Parts.TOKEN,
                    ",\\s*PRIV=" + Parts.TOKEN, ",\\s*PP=" + Parts.TOKEN, ",\\s*Source=" + Parts.TOKEN,
                    ",\\s*info=(?<info>" + Parts.TOKEN + ")"));

    /**
     * Strings of which every record holds one, for a quick look at lines that hold none. The formats whose first token
     * is weaker than these matter only after a record has begun.
     */
    private static final Markers MARKERS = new Markers("smmu-v3", "smmuv3", "event 0", "event: ", "pri request", "[dma",
            "dma read", "dma write", "request device", "fault reason", "fault addr", "intr-remap", "dmar", "drhd",
            "[fault",
            "suppressed", "message repeated", "unknown:", "vtd_iommu_translate", "fault is not rec", "fault: hi=");

    private final String[] firstTokens;
    private final Pattern start;
    private final Pattern pattern;

    /**
     * A format.
     *
     * @param firstTokens what a record begins with, in lower case, separated by bars; ^ is the start of the line
     * @param start how to know that a record begins there indeed
     * @param pattern the record
     */
    RecordFormat(final String firstTokens, final String start, final String pattern) {
        this.firstTokens = firstTokens.split("\\|");
        this.start = Pattern.compile(start);
        this.pattern = Pattern.compile(pattern);
    }

    String[] firstTokens() {
        return firstTokens;
    }

    /** A matcher for the start of a record. */
    Matcher startMatcher() {
        return inPlace(start);
    }

    /** A matcher for this format, to be used with {@link Matcher#region} and {@link Matcher#lookingAt}. */
    Matcher matcher() {
        return inPlace(pattern);
    }

    private static Matcher inPlace(final Pattern pattern) {
        return pattern.matcher("").useTransparentBounds(true).useAnchoringBounds(false);
    }

    /** Whether a line can begin a record. False for nearly all lines of a log, and quick. */
    static boolean mayBeginIn(final String line) {
        return MARKERS.areIn(line);
    }

    /** The first part, then each further part if the one before it is there. */
    private static String inTurn(final String... parts) {
        final StringBuilder pattern = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            pattern.append("(?:").append(parts[i]);
        }
        return pattern.append(")?".repeat(parts.length - 1)).toString();
    }

    /** Pieces of the patterns above; a class of its own because an enum's constants come before its static fields. */
    private static final class Parts {
        /** A number, or whatever stands where a number should; {@link PrintedNumber} judges it. */
        static final String TOKEN = "[^\\s,;\\[\\](){}\"'`<>]{1,40}";

        /** S1: event 0x10 received: */
        private static final String HEADER = inTurn("\\s+0[xX](?<id>\\p{XDigit}{1,4})", "\\s+received(?<received>)");

        /** S2: one word; a word of another length is taken too, to be reported as unreadable. */
        private static final String WORD = "(?<word>0[xX](?:\\p{XDigit}{16}(?!\\p{XDigit})"
                + "|\\p{XDigit}{8}\\s\\p{XDigit}{8}(?!\\p{XDigit})|\\p{XDigit}{1,24}))";

        /** S3: the first of the kernel's decoded lines. */
        private static final String DECODED_HEAD = inTurn(":", "\\s+(?<name>\\w{1,40})", "\\s+client:",
                "\\s+(?:\\(unassigned\\s+sid\\)|[^\\s(]\\S{0,80})(?<client>)", "\\s+sid:",
                "\\s+(?<sid>" + TOKEN + ")", "\\s+ssid:", "\\s+(?<ssid>" + TOKEN + ")",
                "(?:\\s+iova:\\s+(?<iova>" + TOKEN + ")\\s+ipa:\\s+(?<ipa>" + TOKEN + ")|\\s+fetch_addr:\\s+(?<fetch>"
                        + TOKEN + "))");

        /** S4: the second of the kernel's decoded lines. */
        private static final String DECODED_BODY = inTurn("(?<privilege>unpriv|priv)(?=\\s|$)",
                "\\s+(?<fetched>data|inst)", "\\s+(?<rw>read|write)",
                "\\s+(?<stage>s1|s2)", "\\s+[\\\\\"'`]{1,12}(?<class>[^\"'`\\\\]{1,60})[\\\\\"'`]{1,12}",
                "(?:\\s+ttd_(?<ttd>read|write))?(?<stall>\\s+stall)?\\s+stag:", "\\s+(?<stag>" + TOKEN + ")");

        /** S8: what an unexpected page request asked for. */
        private static final String PAGE_REQUEST = inTurn(
                "sid\\s+0x(?<prisid>\\p{XDigit}{1,16})\\.0x(?<prissid>\\p{XDigit}{1,16}):",
                "\\s+\\[(?<group>\\d{1,9})(?<last>L?)\\]", "\\s+(?<unprivileged>un)?privileged",
                "\\s+(?<permissions>[RWX]{0,3})\\s*access", "\\s+at", "\\s+iova", "\\s+(?<priiova>" + TOKEN + ")");

        static final String SMMU = "event(?:" + HEADER + "|" + DECODED_HEAD + ")|" + WORD + "|" + DECODED_BODY + "|"
                + PAGE_REQUEST + "|" + inTurn("unexpected", "\\s+PRI", "\\s+request", "\\s+received(?<priheader>)")
                + "|" + inTurn("(?<queue>EVTQ|PRIQ)\\s+overflow", "\\s+detected(?<overflow>)")
                + "|"
                + inTurn("skipping", "\\s+command", "\\s+in", "\\s+error", "\\s+state(?<skipped>)") + "|"
                + inTurn("auto-suppressing", "\\s+events", "\\s+for", "\\s+sid", "\\s+(?<suppressedsid>" + TOKEN + ")");

        private Parts() {
        }
    }
}
