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

import java.io.IOException;
import java.io.InputStream;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;

/**
 * Finds the IOMMU faults in a log that is fed to it line by line. Each fault is reported once, whole or with the reason
 * why it can't be injected. Memory is constant: how far the parser looks ahead, how many SMMUs and faults it keeps open
 * and how much of a line it looks at together are all bounded; and its time is linear in the length of the input.
 * Nothing that stands in a log makes it throw.
 *
 * <p>Not thread-safe: one thread feeds it, and the handler is called on that thread.
 *
 * <p>Formats understood: the SMMUv3 driver's raw dumps, decoded lines (kernel 6.14 and later) and unexpected page
 * requests; DMAR and INTR-REMAP faults of Linux in all eras and of Xen; Genode's records; QEMU's messages, which are
 * always rejected because they lack a part of the record. In front of them any prefix of dmesg, syslog, the journal,
 * containers and quoted mail may stand; lines may be wrapped, interleaved with others or glued together.
 */
public final class KernelLogParser {
    /** Longest piece of a line that is looked at as one. */
    static final int MAX_PIECE = 1 << 16;

    /** Quoted-printable text has lines of at most 76 characters and a final = where it broke a longer one. */
    private static final int MIN_SOFT_BREAK = 60;
    private static final int MAX_SOFT_BREAK = 80;
    private static final int MAX_SOFT_LINES = 8;

    /** A piece is cut at a blank if there is one so near its end that no token is cut. */
    private static final int CUT_WINDOW = 256;

    /** How often, in lines, what is open is looked at for its age. */
    private static final int EXPIRY_INTERVAL = 128;

    private final LogFaultHandler handler;
    private final LineJoiner joiner = new LineJoiner(this::record);
    private final SmmuRecords smmu = new SmmuRecords(this::fault, this::notice);
    private final DmarMatcher dmar = new DmarMatcher(this::fault);
    private final EnumMap<LogNotice.Kind, Long> notices = new EnumMap<>(LogNotice.Kind.class);

    private final StringBuilder softText = new StringBuilder();
    private int softLines;
    private long softLine;

    private long lines;
    private long faults;
    private long rejected;

    /**
     * Makes a parser that has seen nothing yet.
     *
     * @param handler takes what is found
     */
    public KernelLogParser(final LogFaultHandler handler) {
        this.handler = Objects.requireNonNull(handler, "handler");
    }

    /**
     * Parses a whole stream of text, in any encoding that has ASCII at its heart.
     *
     * @param input the log; read to its end, not closed
     * @param handler takes what is found, on the calling thread
     * @return what was seen
     * @throws BinaryLogException if the input is not text; nothing has been reported then
     * @throws IOException if the stream can't be read; what was found before has been reported
     */
    public static LogStatistics parse(final InputStream input, final LogFaultHandler handler) throws IOException {
        final KernelLogParser parser = new KernelLogParser(handler);
        new BoundedLines(input).feed(parser);
        return parser.statistics();
    }

    /**
     * Takes the next line.
     *
     * @param line the line, with or without its line end; any length
     */
    public void line(final String line) {
        String rest = line;
        boolean continues = false;
        while (rest.length() > MAX_PIECE) {
            final int cut = cutBefore(rest, MAX_PIECE);
            piece(rest.substring(0, cut), continues);
            rest = rest.substring(cut);
            continues = true;
        }
        piece(rest, continues);
    }

    /** Reports everything that is still open. Lines fed afterwards begin a new log with the next line number. */
    public void end() {
        endSoftBreak();
        joiner.flush();
        smmu.end();
        dmar.end();
    }

    /**
     * What was seen so far.
     *
     * @return a copy of the counts
     */
    public LogStatistics statistics() {
        return new LogStatistics(lines, faults, rejected, Map.copyOf(notices));
    }

    /** A line, or a further piece of it. */
    void piece(final String text, final boolean continues) {
        if (!continues) {
            lines++;
        }
        if (lines % EXPIRY_INTERVAL == 0) {
            smmu.expire(lines);
            dmar.expire(lines);
        }
        if (softLines == 0 && !isSoftBroken(text)) {
            logical(text, lines);
        } else {
            softBreak(text);
        }
    }

    private static boolean isSoftBroken(final String text) {
        final int length = text.length();
        final int end = length > 0 && text.charAt(length - 1) == '\r' ? length - 1 : length;
        return end >= MIN_SOFT_BREAK && end <= MAX_SOFT_BREAK && text.charAt(end - 1) == '=';
    }

    /** Puts a line that quoted-printable has broken together again: nothing stands between its parts. */
    private void softBreak(final String text) {
        if (softLines == 0) {
            softLine = lines;
        } else if (text.startsWith(">")) {
            // Quoted as it stood, without being decoded: the quote marks are not part of the broken line.
            softText.append(LinePrefix.strip(text));
        }
        if (softLines == 0 || !text.startsWith(">")) {
            softText.append(text);
        }
        softLines++;
        if (isSoftBroken(text) && softLines < MAX_SOFT_LINES) {
            softText.setLength(softText.lastIndexOf("="));
        } else {
            endSoftBreak();
        }
    }

    private void endSoftBreak() {
        if (softLines > 0) {
            final String text = softText.toString();
            softText.setLength(0);
            softLines = 0;
            logical(text, softLine);
        }
    }

    private void logical(final String raw, final long number) {
        final boolean open = joiner.holds() || dmar.awaitsWords() || smmu.awaitsMore();
        if (!open && !RecordFormat.mayBeginIn(raw)) {
            return;
        }
        final String text = LinePrefix.strip(LinePrefix.clean(raw));
        if (dmar.awaitsWords() && dmar.continueWords(text, number)) {
            return;
        }
        joiner.line(text, number);
    }

    private void record(final RecordFormat format, final Matcher groups, final long line, final long lastLine,
            final String rest, final boolean endsLine) {
        switch (format) {
            case SMMU, SMMU_BARE -> smmu.record(format, groups, line, rest, endsLine);
            case DMAR_FAULT -> dmar.fault(groups, line, lastLine, rest, endsLine);
            case DMAR_REASON -> dmar.reason(groups, line, lastLine, rest, endsLine);
            case DMAR_STATUS -> status(groups.group("value"), line);
            case DMAR_DUMP -> notice(new LogNotice(line, LogNotice.Kind.VTD_TABLE_DUMP, 0));
            case SUPPRESSED -> suppressed(groups, line);
            case REPEATED -> repeated(groups, line);
            case QEMU_COMPRESSED -> compressed(groups, line);
            case QEMU_VTD -> fault(EmulatorRecords.qemuVtd(groups, line));
            case QEMU_SMMU -> fault(EmulatorRecords.qemuSmmu(groups, line));
            case GENODE -> fault(EmulatorRecords.genode(groups, line));
        }
    }

    private void status(final String value, final long line) {
        if (value != null) {
            notice(new LogNotice(line, LogNotice.Kind.VTD_FAULT_STATUS, PrintedNumber.hex64(value)));
        }
    }

    private void suppressed(final Matcher groups, final long line) {
        if (groups.group("complete") == null) {
            return;
        }
        final LogNotice.Kind kind = switch (groups.group("source")) {
            case "dmar_fault" -> LogNotice.Kind.VTD_SUPPRESSED;
            case "arm_smmu" -> LogNotice.Kind.SMMU_SUPPRESSED;
            default -> LogNotice.Kind.XEN_SUPPRESSED;
        };
        if (kind != LogNotice.Kind.SMMU_SUPPRESSED) {
            dmar.suppressed();
        }
        notice(new LogNotice(line, kind, Long.parseLong(groups.group("count"))));
    }

    private void repeated(final Matcher groups, final long line) {
        final int count = Integer.parseInt(groups.group("count"));
        notice(new LogNotice(line, LogNotice.Kind.MESSAGE_REPEATED, count));
        // The message in brackets is read as a record of its own, so it stands for one of them.
        smmu.repeatWord(groups.group("bracket") == null ? count : count - 1, line);
    }

    private void compressed(final Matcher groups, final long line) {
        if (groups.group("complete") != null) {
            notice(new LogNotice(line, LogNotice.Kind.QEMU_FAULT_COMPRESSED, 0));
        }
    }

    private void fault(final LogFault fault) {
        if (fault != null) {
            faults++;
            if (fault.rejected()) {
                rejected++;
            }
            handler.fault(fault);
        }
    }

    private void notice(final LogNotice notice) {
        notices.merge(notice.kind(), 1L, Long::sum);
        handler.notice(notice);
    }

    private static int cutBefore(final String text, final int length) {
        for (int i = length; i > length - CUT_WINDOW; i--) {
            if (text.charAt(i - 1) == ' ') {
                return i;
            }
        }
        return length;
    }

    static int cutBefore(final byte[] text, final int length) {
        for (int i = length; i > length - CUT_WINDOW; i--) {
            if (text[i - 1] == ' ') {
                return i;
            }
        }
        return length;
    }
}
