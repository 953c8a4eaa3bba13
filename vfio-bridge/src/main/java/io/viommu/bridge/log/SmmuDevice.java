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

/**
 * One SMMU of a log: gathers the four words of its events (S1, S2), which may stand among the lines of other SMMUs and
 * of anything else, and knows the event printed last, so that the lines in which the kernel decodes it (S3, S4) are not
 * taken for another one.
 */
final class SmmuDevice {
    /** So many unrelated lines may stand between the parts of one event. */
    private static final int PATIENCE = 1000;
    private static final int WORD_DIGITS = 16;

    private final Consumer<LogFault> faults;
    private String name;
    private long lastLine;

    private boolean open;
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

    private SmmuDecodedEvent decoded;
    private boolean decodedIsPrinted;

    private long pageRequestLine;

    SmmuDevice(final String name, final Consumer<LogFault> faults) {
        this.name = name;
        this.faults = faults;
    }

    /** Whether lines are still missing. */
    boolean awaitsMore() {
        return open || decoded != null || pageRequestLine != 0;
    }

    boolean awaitsWords() {
        return open;
    }

    /** Whether the header did not say for certain which SMMU it came from. */
    boolean isAdoptable() {
        return open && adoptable;
    }

    void rename(final String newName) {
        name = newName;
        adoptable = false;
    }

    /** S1. A header is not complete without "received"; it then counts only if words follow. */
    void header(final long line, final int id, final boolean complete, final boolean nameIsCertain) {
        closeEvent("before the next event of the same SMMU");
        closeDecoded();
        open = true;
        adoptable = !nameIsCertain;
        headerComplete = complete;
        headerLine = line;
        headerId = id;
        wordCount = 0;
        unreadable = null;
        printed = null;
        lastLine = line;
    }

    /**
     * S2: a word as printed, with its 0x. Words that name their SMMU are worth more than words that stand alone: once
     * one has come, those without a name are not of this event.
     */
    void word(final long line, final String text, final boolean named) {
        if (wordCount > 0 && named != wordsNamed) {
            if (!named) {
                return;
            }
            wordCount = 0;
            unreadable = null;
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
        lastLine = line;
        completeIfFull();
    }

    private void completeIfFull() {
        if (wordCount == SmmuEventWords.COUNT) {
            report(rejectionOfComplete());
        }
    }

    /** The last word once more. */
    void repeatWord(final long line) {
        if (open && wordCount > 0) {
            words[wordCount] = words[wordCount - 1];
            wordCount++;
            lastLine = line;
            completeIfFull();
        }
    }

    /** Whether a text with 0x is a word of an event beyond doubt. */
    static boolean isWhole(final String text) {
        return digits(text).length() == WORD_DIGITS;
    }

    private static String digits(final String text) {
        return text.substring(2).replaceAll("\\s", "");
    }

    /** S3. */
    void decodedHead(final SmmuDecodedEvent head) {
        closeDecoded();
        closeEvent("before the kernel's decoded lines");
        lastLine = head.line();
        decodedIsPrinted = printed != null && head.agreesWith(printedId, printed);
        if (decodedIsPrinted) {
            printed = null;
        }
        if (head.awaitsBody()) {
            decoded = head;
        } else if (!decodedIsPrinted) {
            faults.accept(head.toFault(name));
        }
    }

    /** S4. Without a first line before it, it says nothing that could be told from the event printed last. */
    void decodedBody(final long line, final SmmuDecodedEvent.Attributes attributes) {
        lastLine = line;
        if (decoded != null) {
            decoded.attributes(attributes);
            closeDecoded();
        }
    }

    /** S8, first line. */
    void pageRequestAnnounced(final long line) {
        closePageRequest();
        pageRequestLine = line;
        lastLine = line;
    }

    /** S8, second line, which tells everything. */
    long pageRequestStart(final long line) {
        final long start = pageRequestLine != 0 ? pageRequestLine : line;
        pageRequestLine = 0;
        return start;
    }

    String name() {
        return name.isEmpty() ? null : name;
    }

    void expire(final long now) {
        if (now - lastLine > PATIENCE) {
            close("in the " + PATIENCE + " lines after it");
        }
    }

    /** Reports whatever is incomplete. */
    void close(final String where) {
        closeEvent(where);
        closeDecoded();
        closePageRequest();
    }

    private void closeEvent(final String where) {
        if (!open) {
            return;
        }
        if (wordCount == 0 && !headerComplete) {
            open = false;
            return;
        }
        report(String.format("The event is cut short: only %d of its 4 words stand %s.", wordCount, where));
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
        open = false;
        printed = RawWords.firstOf(words, wordCount);
        printedId = headerId;
        faults.accept(SmmuEventWords.event(headerLine, name(), headerId, printed, false, rejection));
    }
}
