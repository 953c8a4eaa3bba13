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
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.regex.Pattern;

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

    /** So many faults may wait for one that began before them. */
    private static final int MAX_WAITING = 1 << 12;
    private static final int MAX_STREAMS = 32;
    private static final String NO_HOST = "";
    private static final String XEN = " (XEN)";
    private static final Pattern DRIVER = Pattern.compile("arm-smmu-v3\\s+\\S+:|SMMUv3:|(?i:DMAR|INTR-REMAP)\\s*:");

    private final LogFaultHandler handler;
    private final LinePrefix prefix = new LinePrefix();
    private final LossMarks marks = new LossMarks();
    private final EchoFilter echoes = new EchoFilter();
    private final Map<String, LogStream> streams = new LinkedHashMap<>(MAX_STREAMS, 0.75f, true);
    private LogStream current = stream(NO_HOST);
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>();
    private final EnumMap<LogNotice.Kind, Long> notices = new EnumMap<>(LogNotice.Kind.class);
    private final EnumMap<OtherFault, Long> others = new EnumMap<>(OtherFault.class);

    /** A fault that may not be the next in the order of lines. */
    private record Waiting(LogFault fault, long arrival) implements Comparable<Waiting> {
        @Override
        public int compareTo(final Waiting other) {
            final int byLine = Long.compare(fault.line(), other.fault.line());
            return byLine != 0 ? byLine : Long.compare(arrival, other.arrival);
        }
    }

    private final StringBuilder softText = new StringBuilder();
    private int softLines;
    private long softLine;

    private long lines;
    private long arrivals;
    /** The line that is being looked at, whether a record in it told something, and the first that did not. */
    private long saidLine;
    private boolean saidTold;
    private String untold;
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
     * Parses a whole stream of text: in any encoding that has ASCII at its heart, or in UTF-16; as it is, or compressed
     * by gzip.
     *
     * @param input the log; read to its end, not closed
     * @param handler takes what is found, on the calling thread
     * @return what was seen
     * @throws BinaryLogException if the input is not text; or if it turns out, after some of it has been reported, that
     *         it was compressed to burst
     * @throws IOException if the stream can't be read; what was found before has been reported
     */
    public static LogStatistics parse(final InputStream input, final LogFaultHandler handler) throws IOException {
        final KernelLogParser parser = new KernelLogParser(handler);
        new BoundedLines(LogText.of(input)).feed(parser);
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
        streams.values().forEach(LogStream::end);
        streams.clear();
        echoes.clear();
        current = stream(NO_HOST);
        release();
    }

    /** Reports what needs no further line, because the input pauses. */
    void pause() {
        streams.values().forEach(LogStream::pause);
        release();
        handler.pause();
    }

    /**
     * What was seen so far.
     *
     * @return a copy of the counts
     */
    public LogStatistics statistics() {
        return new LogStatistics(lines, faults, rejected, Map.copyOf(notices), Map.copyOf(others), echoes.echoes());
    }

    /** A line, or a further piece of it. */
    void piece(final String text, final boolean continues) {
        if (!continues) {
            lines++;
        }
        if (lines % EXPIRY_INTERVAL == 0) {
            streams.values().forEach(stream -> stream.expire(lines));
            release();
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
        if (!isOpen() && !RecordFormat.mayBeginIn(raw) && !OtherFault.mayBeIn(raw)) {
            return;
        }
        final String text = PlainText.of(raw);
        int begin = 0;
        if (marks.reset(text)) {
            while (marks.find()) {
                if (marks.start() > begin) {
                    message(text.substring(begin, marks.start()), number);
                }
                begin = Math.max(begin, marks.next());
                lost(text);
            }
        }
        message(begin == 0 ? text : text.substring(begin), number);
        release();
    }

    private boolean isOpen() {
        for (final LogStream stream : streams.values()) {
            if (stream.isOpen()) {
                return true;
            }
        }
        return false;
    }

    private void message(final String text, final long number) {
        final String message = prefix.read(text);
        final boolean isRecord = RecordFormat.mayBeginIn(message);
        final LogTime time = prefix.time();
        if ((isRecord || message.startsWith("0x")) && echoes.isEcho(message, prefix.host(), time)) {
            return;
        }
        choose(message, time.isKnown());
        saidLine = number;
        saidTold = false;
        untold = null;
        final boolean used = current.line(message, number, prefix.sequence(), time, isRecord);
        if (!used || untold != null) {
            // Once for a line, however many records it seemed to hold: looking takes as long as the line is.
            other(saidTold ? untold : message, number);
        }
    }

    /** A line that says nothing of its origin may be the rest of the one before it, unless a driver begins it. */
    private void choose(final String message, final boolean hasTime) {
        final boolean hasOrigin = prefix.host() != null || prefix.isXen() || hasTime;
        if (hasOrigin || !current.isOpen() || DRIVER.matcher(message).lookingAt()) {
            final String host = prefix.host() == null ? NO_HOST : prefix.host();
            current = stream(prefix.isXen() ? host + XEN : host);
        }
    }

    private LogStream stream(final String name) {
        LogStream stream = streams.get(name);
        if (stream == null) {
            if (streams.size() == MAX_STREAMS) {
                final Iterator<LogStream> eldest = streams.values().iterator();
                eldest.next().end();
                eldest.remove();
            }
            stream = new LogStream(this::record, this::fault, this::notice);
            streams.put(name, stream);
        }
        return stream;
    }

    /** Lines of one machine are missing, or those of any: of whom the mark or the lines do not say it. */
    private void lost(final String text) {
        prefix.read(text);
        final String host = prefix.host();
        streams.forEach((name, stream) -> {
            final String ofStream = name.endsWith(XEN) ? name.substring(0, name.length() - XEN.length()) : name;
            if (host == null || ofStream.equals(NO_HOST) || ofStream.equals(host)) {
                stream.lost("before a line that says that lines are missing");
            }
        });
    }

    private void other(final String message, final long number) {
        if (OtherFault.mayBeIn(message)) {
            final OtherFault other = OtherFault.of(message, RecordStarts.lower(message));
            if (other != null) {
                others.merge(other, 1L, Long::sum);
                handler.other(number, other);
            }
        }
    }

    private void record(final LogStream stream, final FoundRecord record) {
        if (record.format() != RecordFormat.SMMU && record.format() != RecordFormat.SMMU_BARE
                && record.format() != RecordFormat.REPEATED) {
            stream.smmu().deliverWhole();
        }
        final boolean told = switch (record.format()) {
            case SMMU, SMMU_BARE -> stream.smmu().record(record);
            case DMAR_FAULT -> stream.dmar().fault(record);
            case DMAR_REASON -> stream.dmar().reason(record);
            default -> {
                simple(stream, record);
                yield true;
            }
        };
        if (record.line() != saidLine) {
            if (!told) {
                other(record.groups().group() + record.rest(), record.line());
            }
        } else if (told) {
            saidTold = true;
        } else if (untold == null) {
            untold = record.groups().group() + record.rest();
        }
    }

    private void simple(final LogStream stream, final FoundRecord record) {
        switch (record.format()) {
            case DMAR_STATUS -> status(stream, record);
            case DMAR_DUMP -> notice(new LogNotice(record.line(), LogNotice.Kind.VTD_TABLE_DUMP, 0));
            case SUPPRESSED -> suppressed(record);
            case REPEATED -> repeated(stream, record);
            case QEMU_COMPRESSED -> compressed(record);
            case QEMU_VTD -> fault(EmulatorRecords.qemuVtd(record.groups(), record.line()));
            case QEMU_SMMU -> fault(EmulatorRecords.qemuSmmu(record.groups(), record.line()));
            case GENODE -> fault(EmulatorRecords.genode(record.groups(), record.line()));
            default -> throw new IllegalStateException(record.format() + " is a part of something");
        }
    }

    private void status(final LogStream stream, final FoundRecord record) {
        if (record.has("value")) {
            stream.dmar().status(record.time());
            notice(new LogNotice(record.line(), LogNotice.Kind.VTD_FAULT_STATUS,
                    PrintedNumber.hex64(record.group("value"))));
        }
    }

    private void suppressed(final FoundRecord record) {
        if (!record.has("complete")) {
            return;
        }
        final LogNotice.Kind kind = switch (record.group("source")) {
            case "dmar_fault" -> LogNotice.Kind.VTD_SUPPRESSED;
            case "arm_smmu" -> LogNotice.Kind.SMMU_SUPPRESSED;
            default -> LogNotice.Kind.XEN_SUPPRESSED;
        };
        notice(new LogNotice(record.line(), kind, Long.parseLong(record.group("count"))));
    }

    private void repeated(final LogStream stream, final FoundRecord record) {
        final int count = Integer.parseInt(record.group("count"));
        notice(new LogNotice(record.line(), LogNotice.Kind.MESSAGE_REPEATED, count));
        // The message in brackets is read as a record of its own, so it stands for one of them.
        stream.smmu().repeatWord(record.has("bracket") ? count - 1 : count, record.line());
    }

    private void compressed(final FoundRecord record) {
        if (record.has("complete")) {
            notice(new LogNotice(record.line(), LogNotice.Kind.QEMU_FAULT_COMPRESSED, 0));
        }
    }

    private void fault(final LogFault fault) {
        if (fault != null) {
            waiting.add(new Waiting(fault, arrivals++));
        }
    }

    /** Hands out the faults before which none can come any more. */
    private void release() {
        if (waiting.isEmpty()) {
            return;
        }
        long open = Long.MAX_VALUE;
        for (final LogStream stream : streams.values()) {
            open = Math.min(open, stream.firstOpenLine());
        }
        while (!waiting.isEmpty() && (waiting.peek().fault().line() < open || waiting.size() > MAX_WAITING)) {
            final LogFault fault = waiting.remove().fault();
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
