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

package io.viommu.smmu;

import java.util.ArrayList;
import java.util.List;

import io.viommu.smmu.fault.EventType;
import io.viommu.smmu.spec.EventLayout;

/**
 * An event record in words, for people: what it is called, what it means, what its fields say, what is likely behind it
 * and where IHI 0070 G.b defines it. Also the lines that a Linux guest prints for it.
 *
 * @param word0 first word.
 * @param word1 second word.
 * @param word2 third word.
 * @param word3 fourth word.
 */
public record SmmuEventText(long word0, long word1, long word2, long word3) {

    private static final String[] CLASSES = { "CD fetch", "Stage 1 translation table fetch",
        "Input address caused fault", "Reserved" };
    /** Linux masks the addresses of word 3 to 52 bits. */
    private static final long LINUX_IPA = 0x000F_FFFF_FFFF_F000L;
    private static final long LINUX_FETCH_ADDR = 0x000F_FFFF_FFFF_FFF8L;

    /**
     * One field of the record.
     *
     * @param name  the specification's name.
     * @param value the value, for people.
     */
    public record Field(String name, String value) {
    }

    /**
     * The number of the event.
     *
     * @return 0 to 255.
     */
    public int code() {
        return EventLayout.type(word0);
    }

    /**
     * The name of the event.
     *
     * @return the specification's name; {@code IMPDEF_EVENTn} or {@code RESERVED} for numbers without one.
     */
    public String name() {
        final EventType type = EventType.of(code());
        if (type != null) {
            return type.name();
        }
        return implementationDefined() ? "IMPDEF_EVENT" + (code() - EventLayout.IMPDEF_FIRST) : "RESERVED";
    }

    private boolean implementationDefined() {
        return code() >= EventLayout.IMPDEF_FIRST && code() <= EventLayout.IMPDEF_LAST;
    }

    /**
     * Where the event is defined.
     *
     * @return a section number of IHI 0070 G.b.
     */
    public String section() {
        final EventType type = EventType.of(code());
        return type == null ? "7.3.21" : type.section();
    }

    /**
     * What happened.
     *
     * @return one sentence.
     */
    public String meaning() {
        return EventExplanation.of(this).meaning();
    }

    /**
     * What is likely behind it.
     *
     * @return one sentence.
     */
    public String cause() {
        return EventExplanation.of(this).cause();
    }

    /**
     * The fields that the type of the record has.
     *
     * @return in the order of their words.
     */
    public List<Field> fields() {
        final EventType type = EventType.of(code());
        final List<Field> fields = new ArrayList<>();
        fields.add(new Field("StreamID", hex(EventLayout.stream(word0) & 0xFFFF_FFFFL)));
        final long substream = EventLayout.substreamFields(code());
        if (substream != 0) {
            final boolean valid = (substream & EventLayout.SSV) == 0 || (word0 & EventLayout.SSV) != 0;
            fields.add(new Field("SubstreamID", valid ? hex(EventLayout.substream(word0)) : "none"));
        }
        if (type == null) {
            fields.add(new Field("words 1 to 3", hex(word1) + " " + hex(word2) + " " + hex(word3)));
            return fields;
        }
        addAccess(type, fields);
        addStall(type, fields);
        addSpan(type, fields);
        if (type.word2() != 0) {
            fields.add(new Field("InputAddr", hex(word2 & type.word2())));
        }
        addStage(type, fields);
        return List.copyOf(fields);
    }

    private void addAccess(final EventType type, final List<Field> fields) {
        if ((type.word1() & EventLayout.RNW) != 0 && type != EventType.E_PAGE_REQUEST) {
            fields.add(new Field("access", read() ? instruction() ? "instruction fetch" : "read" : "write"));
        }
        if ((type.word1() & EventLayout.PNU) != 0 && type != EventType.E_PAGE_REQUEST) {
            fields.add(new Field("privilege", privileged() ? "privileged" : "unprivileged"));
        }
    }

    private void addStall(final EventType type, final List<Field> fields) {
        if (type.canStall()) {
            fields.add(new Field("Stall", stalled() ? "yes, STAG " + hex(word1 & EventLayout.STAG) : "no"));
        }
        if ((type.word1() & EventLayout.GPCF) != 0) {
            fields.add(new Field("Reason", hex(word1 & EventLayout.REASON)));
            fields.add(new Field("GPCF", (word1 & EventLayout.GPCF) == 0 ? "0" : "1"));
        } else if (type == EventType.F_UUT || type == EventType.F_TLB_CONFLICT || type == EventType.F_CFG_CONFLICT) {
            fields.add(new Field("Reason", hex(word1 & type.word1() & EventLayout.CONFLICT_REASON)));
        }
    }

    private void addSpan(final EventType type, final List<Field> fields) {
        if (type == EventType.F_BAD_ATS_TREQ) {
            fields.add(new Field("requested", letters(new long[]{ EventLayout.ATS_R, EventLayout.ATS_W,
                EventLayout.ATS_X, EventLayout.ATS_P }, "RWXP")));
            fields.add(new Field("Span", Long.toString(word1 & EventLayout.ATS_SPAN)));
        } else if (type == EventType.E_PAGE_REQUEST) {
            fields.add(new Field("Span", ((word1 & EventLayout.HINT_SPAN) >>> EventLayout.HINT_SPAN_SHIFT) + " pages"));
        }
    }

    private void addStage(final EventType type, final List<Field> fields) {
        if ((type.word1() & EventLayout.CLASS) != 0) {
            fields.add(new Field("CLASS", CLASSES[faultClass()]));
        }
        if ((type.word1() & EventLayout.S2) != 0) {
            fields.add(new Field("stage", stage2() ? "2" : "1"));
        }
        if (type == EventType.F_PERMISSION && faultClass() == EventLayout.CLASS_TT) {
            fields.add(new Field("TTRnW", (word1 & EventLayout.TTRNW) != 0 ? "descriptor read" : "descriptor write"));
        }
        if (type.word3() == EventLayout.FETCH_ADDR) {
            fields.add(new Field("FetchAddr", hex(word3 & EventLayout.FETCH_ADDR)));
        } else if (type.word3() == EventLayout.IPA) {
            fields.add(new Field("IPA", stage2() ? hex(word3 & EventLayout.IPA) : "unknown for a stage-1 fault"));
        }
    }

    /**
     * Whether the transaction was a read.
     *
     * @return RnW.
     */
    public boolean read() {
        return (word1 & EventLayout.RNW) != 0;
    }

    /**
     * Whether the transaction was an instruction fetch.
     *
     * @return InD.
     */
    public boolean instruction() {
        return (word1 & EventLayout.IND) != 0;
    }

    /**
     * Whether the transaction was privileged.
     *
     * @return PnU.
     */
    public boolean privileged() {
        return (word1 & EventLayout.PNU) != 0;
    }

    /**
     * Whether the fault is of stage 2.
     *
     * @return S2.
     */
    public boolean stage2() {
        return (word1 & EventLayout.S2) != 0;
    }

    /**
     * What was accessed when the fault occurred.
     *
     * @return CLASS, 0 to 3.
     */
    public int faultClass() {
        return EventLayout.faultClass(word1);
    }

    /**
     * Whether the transaction waits for an answer.
     *
     * @return Stall, of an event that has it.
     */
    public boolean stalled() {
        final EventType type = EventType.of(code());
        return type != null && type.canStall() && (word1 & EventLayout.STALL) != 0;
    }

    /**
     * All of it, for a terminal.
     *
     * @return lines without line ends.
     */
    public List<String> lines() {
        final List<String> lines = new ArrayList<>();
        lines.add(String.format("event 0x%02x %s (IHI 0070 %s)", code(), name(), section()));
        lines.add("  " + meaning());
        fields().forEach(field -> lines.add(String.format("  %-12s %s", field.name(), field.value())));
        lines.add("  likely: " + cause());
        return List.copyOf(lines);
    }

    /**
     * The lines that Linux (6.14 and later) prints for an event that no driver handles.
     *
     * @param smmu   the SMMU's device name, such as {@code arm-smmu-v3.0.auto}.
     * @param client name of the device that the StreamID belongs to, or null if Linux knows none.
     * @return lines without time stamps and line ends.
     */
    public List<String> linux(final String smmu, final String client) {
        final String prefix = "arm-smmu-v3 " + smmu + ": ";
        final List<String> lines = new ArrayList<>();
        lines.add(String.format("%sevent 0x%02x received:", prefix, code()));
        for (final long word : new long[]{ word0, word1, word2, word3 }) {
            lines.add(String.format("%s\t0x%016x", prefix, word));
        }
        final String head = String.format("%sevent: %s client: %s sid: 0x%x ssid: 0x%x", prefix, linuxName(),
                client == null ? "(unassigned sid)" : client, EventLayout.stream(word0),
                (word0 & EventLayout.SSV) != 0 ? EventLayout.substream(word0) : 0);
        final EventType type = EventType.of(code());
        if (type != null && type.canStall()) {
            lines.add(String.format("%s iova: 0x%x ipa: 0x%x", head, word2, word3 & LINUX_IPA));
            lines.add(String.format("%s%s %s %s %s \"%s\"%s%s stag: 0x%x", prefix, privileged() ? "priv" : "unpriv",
                    instruction() ? "inst" : "data", read() ? "read" : "write", stage2() ? "s2" : "s1",
                    CLASSES[faultClass()], tableAccess(), stalled() ? " stall" : "", word1 & EventLayout.STAG));
        } else if (type == EventType.F_STE_FETCH || type == EventType.F_CD_FETCH || type == EventType.F_VMS_FETCH) {
            lines.add(String.format("%s fetch_addr: 0x%x", head, word3 & LINUX_FETCH_ADDR));
        } else {
            lines.add(head);
        }
        return List.copyOf(lines);
    }

    private String tableAccess() {
        if (code() != EventLayout.F_PERMISSION || faultClass() != EventLayout.CLASS_TT) {
            return "";
        }
        return (word1 & EventLayout.TTRNW) != 0 ? " ttd_read" : " ttd_write";
    }

    /** Linux has names for these only. */
    private String linuxName() {
        return switch (code()) {
            case EventLayout.C_BAD_STREAMID, EventLayout.F_STE_FETCH, EventLayout.C_BAD_STE,
                    EventLayout.F_STREAM_DISABLED, EventLayout.C_BAD_SUBSTREAMID, EventLayout.F_CD_FETCH,
                    EventLayout.C_BAD_CD, EventLayout.F_TRANSLATION, EventLayout.F_ADDR_SIZE, EventLayout.F_ACCESS,
                    EventLayout.F_PERMISSION, EventLayout.F_VMS_FETCH ->
                name();
            default -> "UNKNOWN";
        };
    }

    private String letters(final long[] bits, final String names) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < bits.length; i++) {
            if ((word1 & bits[i]) != 0) {
                text.append(names.charAt(i));
            }
        }
        return text.toString();
    }

    private static String hex(final long value) {
        return "0x" + Long.toHexString(value);
    }
}
