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

import java.util.function.Consumer;
import java.util.regex.Matcher;

/**
 * Finds the records in lines, and puts records together that a mail program or a terminal has wrapped. A record at the
 * end of a line whose format could go on is held until the next line shows whether it does: it is joined only when the
 * format reads on into that line, so that a foreign line never becomes part of a record; and a line with a stamp of its
 * own is never the rest of one that has a stamp. At most {@value #MAX_LINES}
 * lines and about {@value #MAX_HELD} characters are held.
 */
final class LineJoiner {
    private static final int MAX_LINES = 8;
    private static final int MAX_HELD = 2048;

    private final Consumer<FoundRecord> sink;
    private final RecordStarts starts = new RecordStarts();
    private final Matcher[] matchers = new Matcher[RecordFormat.values().length];

    /** Where in the text each of its lines begins. */
    private final int[] offsets = new int[MAX_LINES];
    private final long[] numbers = new long[MAX_LINES];
    private int lineCount;

    private String held;
    private RecordFormat heldFormat;
    private boolean blankSkipped;
    private LogTime time = LogTime.NONE;

    LineJoiner(final Consumer<FoundRecord> sink) {
        this.sink = sink;
        for (final RecordFormat format : RecordFormat.values()) {
            matchers[format.ordinal()] = format.matcher();
        }
    }

    boolean holds() {
        return held != null;
    }

    /** The first line of what is held, or {@link Long#MAX_VALUE}. */
    long firstLine() {
        return held == null ? Long.MAX_VALUE : numbers[0];
    }

    /**
     * Takes one line, stripped of its prefixes.
     *
     * @return whether there is a part of a record in it
     */
    boolean line(final String text, final long number, final LogTime printed) {
        if (held != null) {
            if (text.isEmpty() && !blankSkipped) {
                blankSkipped = true;
                return false;
            }
            final boolean ownStamp = printed.isKnown() && time.isKnown();
            if (!ownStamp && extend(text, number)) {
                return true;
            }
            flush();
        }
        time = printed;
        numbers[0] = number;
        offsets[0] = 0;
        lineCount = 1;
        return scan(text, null, false);
    }

    /** Nothing more belongs to what is held. */
    void flush() {
        if (held != null) {
            final String text = held;
            held = null;
            scan(text, heldFormat, true);
        }
    }

    private boolean extend(final String text, final long number) {
        final String joined = held + ' ' + text;
        final Matcher groups = matchers[heldFormat.ordinal()].reset(joined);
        final boolean found = groups.lookingAt();
        if (groups.hitEnd() || found && groups.end() > held.length()) {
            join(joined, held.length() + 1, number);
            return true;
        }
        return extendWithoutBlank(text, number);
    }

    /**
     * Terminals break lines anywhere. Such a break is believed only when the format reads more than the one token that
     * has been cut, or when that token becomes the last one of an SMMU's line.
     */
    private boolean extendWithoutBlank(final String text, final long number) {
        final String joined = held + text;
        final Matcher groups = matchers[heldFormat.ordinal()].reset(joined);
        int tokenEnd = 0;
        while (tokenEnd < text.length() && text.charAt(tokenEnd) > ' ') {
            tokenEnd++;
        }
        final boolean otherRecord = starts.reset(text).find(0) && starts.start() <= tokenEnd
                && starts.format() != RecordFormat.SMMU_BARE;
        if (otherRecord || !groups.lookingAt()) {
            return false;
        }
        final boolean readsOn = groups.end() > held.length() + tokenEnd;
        final boolean completed = heldFormat == RecordFormat.SMMU && groups.end() > held.length() && completes(groups);
        if (!readsOn && !completed) {
            return false;
        }
        join(joined, held.length(), number);
        return true;
    }

    /** Whether a word of an event, or the last token of its header, is whole. */
    private static boolean completes(final Matcher smmu) {
        return smmu.group("received") != null || smmu.group("word") != null && SmmuDevice.isWhole(smmu.group("word"));
    }

    private void join(final String joined, final int offset, final long number) {
        numbers[lineCount] = number;
        offsets[lineCount] = offset;
        lineCount++;
        held = null;
        scan(joined, heldFormat, false);
    }

    /** Hands out the records of a text; keeps the last one back if it may go on, unless the text is final. */
    private boolean scan(final String text, final RecordFormat first, final boolean last) {
        starts.reset(text);
        int position = 0;
        boolean found = false;
        while (position < text.length()) {
            final int begin;
            final RecordFormat format;
            if (position == 0 && first != null) {
                begin = 0;
                format = first;
            } else if (starts.find(position)) {
                begin = starts.start();
                format = starts.format();
            } else {
                return found;
            }
            final Matcher groups = matchers[format.ordinal()].reset(text).region(begin, text.length());
            final boolean matches = groups.lookingAt();
            if (!last && mayGoOn(format, groups, matches) && text.length() - begin <= MAX_HELD
                    && lineCount < MAX_LINES) {
                hold(text, begin, format);
                return true;
            }
            position = matches && groups.end() > begin ? groups.end() : begin + 1;
            if (position > begin + 1) {
                found = true;
                final int next = starts.find(position) ? starts.start() : text.length();
                sink.accept(new FoundRecord(format, groups, lineAt(begin), lineAt(position - 1), time,
                        text.substring(position, next), next == text.length()));
            }
        }
        return found;
    }

    /** The words of events are most of a storm; one that is whole needs no look at the next line. */
    private static boolean mayGoOn(final RecordFormat format, final Matcher groups, final boolean found) {
        return groups.hitEnd() && !(found && format == RecordFormat.SMMU && groups.start("word") >= 0
                && SmmuDevice.isWhole(groups.group("word")));
    }

    private void hold(final String text, final int begin, final RecordFormat format) {
        held = text.substring(begin);
        heldFormat = format;
        blankSkipped = false;
        int kept = 0;
        for (int i = 0; i < lineCount; i++) {
            final boolean endsBefore = i + 1 < lineCount && offsets[i + 1] <= begin;
            if (!endsBefore) {
                offsets[kept] = Math.max(0, offsets[i] - begin);
                numbers[kept] = numbers[i];
                kept++;
            }
        }
        lineCount = kept;
    }

    private long lineAt(final int offset) {
        int i = lineCount - 1;
        while (i > 0 && offsets[i] > offset) {
            i--;
        }
        return numbers[i];
    }
}
