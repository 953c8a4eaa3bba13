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
import java.util.function.Consumer;

/**
 * One SMMU of a stream: gathers the four words of its events (S1, S2), which may stand among the lines of other SMMUs
 * and of anything else, and knows the event printed last, so that the lines in which the kernel decodes it (S3, S4) are
 * not taken for another one.
 *
 * <p>An event is whole when exactly four words stand behind its header, one soon after the other. A fifth means that
 * lines are missing in between, which nothing else may say: the end of one event and the beginning of the next. So an
 * event is held until the next line of its SMMU, or until none can come any more.
 */
final class SmmuDevice {
    /** So many unrelated lines may stand between the parts of one event. */
    private static final int PATIENCE = 1000;
    /** So many unrelated lines may stand before a fifth word. */
    private static final int HELD_LINES = 16;
    private static final int WORD_DIGITS = 16;
    private static final String HEADER_LOST = "The line with which an event begins is not in the log,"
            + " only words that would follow it.";

    /** What a word of this SMMU would belong to. */
    private enum State {
        /** Nothing. */
        IDLE,
        /** An event. */
        OPEN,
        /** An event that has its four words. */
        WHOLE,
        /** Something that has been reported already, or that is no event: the words of a command. */
        SPOILED
    }

    private final Consumer<LogFault> faults;
    private String name;
    private long lastLine;
    private LogTime lastTime = LogTime.NONE;

    private State state = State.IDLE;
    private boolean adoptable;
    private boolean headerComplete;
    private long headerLine;
    private int headerId;
    private final long[] words = new long[SmmuEventWords.COUNT];
    private int wordCount;
    private boolean wordsNamed;
    private String unreadable;

    /** The event printed last, until decoded lines have been matched to it. */
    private RawWords printed;
    private int printedId;
    private LogTime printedTime = LogTime.NONE;

    private SmmuDecodedEvent decoded;
    private LogTime decodedTime = LogTime.NONE;
    private boolean decodedIsPrinted;

    private long pageRequestLine;
    private LogTime pageRequestTime = LogTime.NONE;

    SmmuDevice(final String name, final Consumer<LogFault> faults) {
        this.name = name;
        this.faults = faults;
    }

    /** Whether lines are still missing, or one more would tell something. */
    boolean awaitsMore() {
        return state == State.OPEN || state == State.WHOLE || decoded != null || pageRequestLine != 0;
    }

    boolean awaitsWords() {
        return state == State.OPEN;
    }

    /** Whether the header did not say for certain which SMMU it came from. */
    boolean isAdoptable() {
        return state == State.OPEN && adoptable;
    }

    /** The first line of what has not been reported yet. */
    long firstOpenLine() {
        final long event = state == State.OPEN || state == State.WHOLE ? headerLine : Long.MAX_VALUE;
        final long head = decoded == null ? Long.MAX_VALUE : decoded.line();
        return Math.min(Math.min(event, head), pageRequestLine == 0 ? Long.MAX_VALUE : pageRequestLine);
    }

    /** Words that come before the next event belong to nothing. */
    void spoil() {
        state = State.SPOILED;
    }

    void rename(final String newName) {
        name = newName;
        adoptable = false;
    }

    /** S1. A header is not complete without "received"; it then counts only if words follow. */
    void header(final FoundRecord record, final int id, final boolean complete, final boolean nameIsCertain) {
        checkOrder(record.time());
        closeEvent("before the next event of the same SMMU");
        closeDecoded();
        state = State.OPEN;
        adoptable = !nameIsCertain;
        headerComplete = complete;
        headerLine = record.line();
        headerId = id;
        wordCount = 0;
        unreadable = null;
        printed = null;
        touch(record.line(), record.time());
    }

    /**
     * S2: a word as printed, with its 0x. Words that name their SMMU are worth more than words that stand alone: once
     * one has come, those without a name are not of this event.
     */
    void word(final FoundRecord record, final String text, final boolean named) {
        switch (state) {
            case IDLE -> orphan(record, named, HEADER_LOST);
            case OPEN -> wordOfEvent(record, text, named);
            case WHOLE -> surplus(record, text, named);
            case SPOILED -> {
                if (record.time().isLongAfter(lastTime)) {
                    orphan(record, named, HEADER_LOST);
                }
                touch(record.line(), record.time());
            }
        }
    }

    private void wordOfEvent(final FoundRecord record, final String text, final boolean named) {
        if (wordCount > 0 && named != wordsNamed) {
            if (!named) {
                return;
            }
            wordCount = 0;
            unreadable = null;
        }
        if (!record.time().follows(lastTime)) {
            closeEvent("before words of another time");
            touch(record.line(), record.time());
            return;
        }
        wordsNamed = named;
        final String digits = digits(text);
        if (digits.length() == WORD_DIGITS) {
            words[wordCount] = PrintedNumber.hex64(digits);
        } else {
            words[wordCount] = 0;
            if (unreadable == null) {
                unreadable = String.format("Word %d of the event is printed with %d hexadecimal digits instead of 16.",
                        wordCount, digits.length());
            }
        }
        wordCount++;
        touch(record.line(), record.time());
        completeIfFull();
    }

    private void surplus(final FoundRecord record, final String text, final boolean named) {
        if (named != wordsNamed || !named && !isWhole(text)) {
            if (named) {
                deliverWhole();
                word(record, text, true);
            }
            return;
        }
        if (record.time().isLongAfter(lastTime)) {
            deliverWhole();
            word(record, text, named);
            return;
        }
        report("More than four words stand behind the line that begins the event: lines between them are "
                + "not in the log.");
        state = State.SPOILED;
        touch(record.line(), record.time());
    }

    /** Something that only the SMMU's driver prints, and whose beginning is lost. */
    private void orphan(final FoundRecord record, final boolean named, final String rejection) {
        if (named) {
            faults.accept(new SmmuLogEvent(record.line(), name(), OptionalInt.empty(), RawWords.NONE, false,
                    OptionalLong.empty(), OptionalInt.empty(), OptionalLong.empty(), LogAccess.UNKNOWN, rejection));
            state = State.SPOILED;
            touch(record.line(), record.time());
        }
    }

    private void touch(final long line, final LogTime time) {
        lastLine = line;
        lastTime = time.isKnown() ? time : lastTime;
    }

    private void completeIfFull() {
        if (wordCount < SmmuEventWords.COUNT) {
            return;
        }
        state = State.WHOLE;
        if (rejectionOfComplete() != null) {
            deliverWhole();
        }
    }

    /** The last word once more. */
    void repeatWord(final long line) {
        if (state == State.OPEN && wordCount > 0) {
            words[wordCount] = words[wordCount - 1];
            wordCount++;
            touch(line, LogTime.NONE);
            completeIfFull();
        }
    }

    /** The words that follow are those of a command that the SMMU did not understand. */
    void commandSkipped(final FoundRecord record) {
        closeEvent("before the words of a command, among which its own can't be told");
        state = State.SPOILED;
        touch(record.line(), record.time());
    }

    /** Whether a text with 0x is a word of an event beyond doubt. */
    static boolean isWhole(final String text) {
        return digits(text).length() == WORD_DIGITS;
    }

    private static String digits(final String text) {
        return text.substring(2).replaceAll("\\s", "");
    }

    /** S3. */
    void decodedHead(final SmmuDecodedEvent head, final LogTime time) {
        closeDecoded();
        checkOrder(time);
        closeEvent("before the kernel's decoded lines");
        touch(head.line(), time);
        decodedIsPrinted = printed != null && time.follows(printedTime) && head.agreesWith(printedId, printed);
        printed = null;
        if (head.awaitsBody()) {
            decoded = head;
            decodedTime = time;
        } else if (!decodedIsPrinted) {
            faults.accept(head.toFault(name()));
        }
    }

    /** S4. Without its first line, and with no event of which it tells, it is the rest of one that is lost. */
    void decodedBody(final FoundRecord record, final SmmuDecodedEvent.Attributes attributes, final boolean named) {
        if (decoded != null && record.time().follows(decodedTime)) {
            decoded.attributes(attributes);
            closeDecoded();
        } else if (decoded != null || printed == null || !record.time().follows(printedTime)) {
            closeDecoded();
            orphanBody(record, named);
        } else {
            printed = null;
        }
        touch(record.line(), record.time());
    }

    private void orphanBody(final FoundRecord record, final boolean named) {
        final State before = state;
        orphan(record, named, "Only the second of the kernel's two decoded lines of this event is in the log.");
        state = before;
    }

    /** S8, first line. */
    void pageRequestAnnounced(final FoundRecord record) {
        closePageRequest();
        pageRequestLine = record.line();
        pageRequestTime = record.time();
        touch(record.line(), record.time());
    }

    /** S8, second line, which tells everything. */
    long pageRequestStart(final FoundRecord record) {
        if (pageRequestLine != 0 && !record.time().follows(pageRequestTime)) {
            closePageRequest();
        }
        final long start = pageRequestLine != 0 ? pageRequestLine : record.line();
        pageRequestLine = 0;
        return start;
    }

    String name() {
        return name.isEmpty() ? null : name;
    }

    void expire(final long now) {
        if (now - lastLine > HELD_LINES) {
            deliverWhole();
        }
        if (now - lastLine > PATIENCE) {
            if (awaitsMore()) {
                close("in the " + PATIENCE + " lines after it");
            } else {
                state = State.IDLE;
            }
            lastLine = now;
        }
    }

    void expire(final LogTime now) {
        if (awaitsMore() && now.isLongAfter(lastTime)) {
            close("in the second after it");
        }
    }

    /** Lines are missing here. */
    void lost(final String where) {
        close(where);
    }

    /** Reports whatever is incomplete. */
    void close(final String where) {
        closeEvent(where);
        closeDecoded();
        closePageRequest();
    }

    /** One thread prints all that an SMMU has to say, so its stamps never run back unless the lines were mixed up. */
    private void checkOrder(final LogTime next) {
        if (state == State.WHOLE && next.isOutOfOrder(lastTime, true)) {
            disordered();
        }
    }

    /** A line behind this SMMU's was printed before it. */
    void disordered() {
        if (state == State.WHOLE) {
            report("The lines of the event are mixed with others: the stamp of the line behind it runs back.");
            state = State.SPOILED;
        }
        close("before a line whose stamp runs back");
    }

    /** No fifth word has come. */
    void deliverWhole() {
        if (state == State.WHOLE) {
            report(rejectionOfComplete());
            state = State.IDLE;
        }
    }

    private void closeEvent(final String where) {
        deliverWhole();
        if (state == State.OPEN) {
            state = State.SPOILED;
            if (wordCount > 0 || headerComplete) {
                report(String.format("The event is cut short: only %d of its 4 words stand %s.", wordCount, where));
            }
        }
    }

    private void closeDecoded() {
        if (decoded != null && !decodedIsPrinted) {
            faults.accept(decoded.toFault(name()));
        }
        decoded = null;
    }

    private void closePageRequest() {
        if (pageRequestLine != 0) {
            faults.accept(SmmuRecords.cutPageRequest(pageRequestLine, name()));
            pageRequestLine = 0;
        }
    }

    private String rejectionOfComplete() {
        if (unreadable != null) {
            return unreadable;
        }
        final int id = SmmuEventWords.id(words[0]);
        return id == headerId
                ? null
                : String.format("The header says event 0x%02x, but word 0 holds event 0x%02x.", headerId, id);
    }

    private void report(final String rejection) {
        printed = RawWords.firstOf(words, wordCount);
        printedId = headerId;
        printedTime = lastTime;
        faults.accept(SmmuEventWords.event(headerLine, name(), headerId, printed, false, rejection));
    }
}
