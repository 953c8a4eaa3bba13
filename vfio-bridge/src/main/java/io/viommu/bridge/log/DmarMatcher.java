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

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pairs DMAR faults with their reasons. From kernel 4.5 on the reason stands in the fault's own record; before that,
 * and in Xen, it has a line of its own, right behind the fault's. A reason is given to the fault before it only if
 * nothing in between says that lines are missing, both were printed at one time, and it is of the fault's kind. When
 * the lines of several units are mixed, and kind doesn't tell whose reason it is, it is nobody's. A fault whose reason
 * never comes is reported without it, and so is a reason without a fault.
 */
final class DmarMatcher {
    /** So many lines may stand between a fault and its reason. */
    private static final int PATIENCE = 1000;
    /** A reason without any prefix is the rest of a wrapped line, so it comes soon. */
    private static final int PATIENCE_FOR_BARE_REASON = 8;
    private static final int MAX_WAITING = 64;

    /** Where the reason's words end when something else follows on the same line. */
    private static final Pattern END_OF_WORDS = Pattern.compile(
            "\\s*(?:>\\s*)?(?:\\[\\s*\\d{1,9}\\.\\d{3,9}\\]|\\(XEN\\)|\\[VT-D\\]|\\bDMAR\\s*:|\\bdmar:|\\bdmar_fault"
                    + "|\\bINTR-REMAP|\\bkernel:|\"[,}])");

    /** Words that may be the rest of a reason; no kernel message looks like this, having a colon or a number. */
    private static final Pattern PLAIN_WORDS = Pattern.compile("(?:SM: )?[A-Za-z][A-Za-z0-9 ,/_=.-]{0,80}[\"'`]?");

    /** How the kernel's reasons end. */
    private static final Pattern FINISHED_WORDS = Pattern.compile(
            "(?i).{0,200}\\b(?:set|clear|invalid|MGAW|request|failure|IRTA_REG|canonical|max|address|blocking|ER=1"
                    + "|RTP|CTP|PTE|size|unknown|software|IRTE entry)[\"'`.]?");
    private static final int SHORTEST_WRAPPED_LINE = 60;

    private final Consumer<LogFault> faults;
    private final Deque<DmarFaultText> waiting = new ArrayDeque<>();

    /** The fault that was given the reason right behind it: another reason, with no fault of its own, contests that. */
    private DmarFaultText paired;
    private LogTime pairedTime = LogTime.NONE;

    /** The fault whose reason's words reached the end of a line, and the line. */
    private DmarFaultText unfinished;
    private long unfinishedLine;

    DmarMatcher(final Consumer<LogFault> faults) {
        this.faults = faults;
    }

    /** Whether the next line may hold the rest of a reason's words. */
    boolean awaitsWords() {
        return unfinished != null;
    }

    /** Whether something is missing, or one more line would tell something. */
    boolean awaitsMore() {
        return unfinished != null || paired != null || !waiting.isEmpty();
    }

    /** The first line of what has not been reported yet, or {@link Long#MAX_VALUE}. */
    long firstOpenLine() {
        long first = unfinished == null ? Long.MAX_VALUE : unfinished.line();
        first = Math.min(first, paired == null ? Long.MAX_VALUE : paired.line());
        return Math.min(first, waiting.isEmpty() ? Long.MAX_VALUE : waiting.getFirst().line());
    }

    /**
     * The line after a reason whose words may be wrapped.
     *
     * @return true if it was the rest of the words, and is used up
     */
    boolean continueWords(final String text, final long line, final LogTime time) {
        final boolean ownStamp = time.isKnown() && unfinished.time().isKnown();
        final boolean rest = line == unfinishedLine + 1 && !ownStamp && PLAIN_WORDS.matcher(text).matches();
        if (rest) {
            unfinished.addWords(trimmedWords(text));
        }
        if (!rest || FINISHED_WORDS.matcher(text).matches() || line > unfinished.line() + PATIENCE_FOR_BARE_REASON) {
            emitUnfinished();
        } else {
            unfinishedLine = line;
        }
        return rest;
    }

    /**
     * D1 to D6, X1: a fault.
     *
     * @return false if faults are only spoken of
     */
    boolean fault(final FoundRecord record) {
        final DmarFaultText fault = new DmarFaultText(record);
        final boolean mentionOnly = !record.has("request")
                || !fault.hasRequester() && !(record.endsLine() && record.rest().isBlank() && record.has("kind"))
                || !record.has("kind") && !fault.hasInfo();
        if (mentionOnly || fault.isTemplate()) {
            return fault.isTemplate();
        }
        checkOrder(record.time());
        confirm();
        if (fault.hasReason()) {
            reasoned(fault, record);
        } else if (fault.hasInfo()) {
            if (waiting.size() == MAX_WAITING) {
                cut(waiting.removeFirst());
            }
            waiting.addLast(fault);
        } else {
            cut(fault);
        }
        return true;
    }

    /**
     * D1, D1i, X1: a reason on its own.
     *
     * @return false if it is not one
     */
    boolean reason(final FoundRecord record) {
        final boolean xen = record.has("xencomplete");
        if (!xen && !record.has("complete")) {
            return false;
        }
        checkOrder(record.time());
        final String printed = record.group(xen ? "xen" : "reason");
        final String family = record.group("family");
        if (paired != null && family != null && !claimable(family, record, printed, xen)) {
            contest();
            return true;
        }
        confirm();
        final DmarFaultText fault = claim(record, family, printed, xen);
        if (fault != null) {
            fault.reason(printed, xen);
            reasoned(fault, record);
        } else if (family != null && printed.indexOf('%') < 0) {
            orphan(record, "INTR-REMAP".equalsIgnoreCase(family), PrintedNumber.reason(printed, xen));
        }
        return true;
    }

    private void orphan(final FoundRecord record, final boolean interrupt, final long reason) {
        faults.accept(new VtdLogFault(record.line(),
                interrupt ? LogFault.Kind.VTD_INTERRUPT_FAULT : LogFault.Kind.VTD_DMA_FAULT, RawWords.NONE, null,
                OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalLong.empty(), LogAccess.UNKNOWN,
                reason < 0 ? OptionalInt.empty() : OptionalInt.of((int) reason), trimmedWords(record.rest()),
                "The line before this reason, with the device and its address, is not in the log"
                        + " or can't be told from others."));
    }

    /** D7: the driver starts to read a unit's records; the reasons of those before have been printed. */
    void status(final LogTime time) {
        checkOrder(time);
        lost();
    }

    /** One thread prints all that a unit has to say, so its stamps never run back unless the lines were mixed up. */
    private void checkOrder(final LogTime next) {
        if (paired != null && next.isOutOfOrder(pairedTime, true)) {
            disordered();
        }
    }

    /** Lines are missing here: what still waits would be given a stranger's reason. */
    void lost() {
        confirm();
        emitUnfinished();
        while (!waiting.isEmpty()) {
            cut(waiting.removeFirst());
        }
    }

    /** The lines are not in the order in which they were printed. */
    void disordered() {
        if (paired != null) {
            paired.reject("The lines of the fault are mixed with others: the stamp of a line behind it runs back.");
        }
        lost();
    }

    /** No other reason has come that would contest the last. */
    void deliverWhole() {
        confirm();
        emitUnfinished();
    }

    void expire(final long now) {
        if (paired != null && now - paired.line() > PATIENCE_FOR_BARE_REASON) {
            confirm();
        }
        while (!waiting.isEmpty() && now - waiting.getFirst().line() > PATIENCE) {
            cut(waiting.removeFirst());
        }
    }

    void expire(final LogTime now) {
        if (paired != null && now.isLongAfter(paired.time())) {
            confirm();
        }
        while (!waiting.isEmpty() && now.isLongAfter(waiting.getFirst().time())) {
            cut(waiting.removeFirst());
        }
    }

    void end() {
        lost();
    }

    private void cut(final DmarFaultText fault) {
        faults.accept(fault.toFault());
    }

    /** The reason behind the last fault was its own. */
    private void confirm() {
        if (paired != null) {
            final DmarFaultText fault = paired;
            paired = null;
            faults.accept(fault.toFault());
        }
    }

    /** Several faults, and then several reasons: the lines of several units, in an order that tells nothing. */
    private void contest() {
        waiting.addLast(paired);
        paired = null;
        while (!waiting.isEmpty()) {
            waiting.getFirst()
                    .reject("The lines of several faults are mixed, and whose reason is which can't be told.");
            cut(waiting.removeFirst());
        }
    }

    private void emitUnfinished() {
        if (unfinished != null) {
            final DmarFaultText fault = unfinished;
            unfinished = null;
            faults.accept(fault.toFault());
        }
    }

    private void reasoned(final DmarFaultText fault, final FoundRecord record) {
        emitUnfinished();
        final Matcher end = END_OF_WORDS.matcher(record.rest());
        final boolean cut = end.find();
        final String words = trimmedWords(cut ? record.rest().substring(0, end.start()) : record.rest());
        fault.addWords(words);
        final boolean wrapped = words.isEmpty() || record.lastLine() > fault.line()
                || words.length() > SHORTEST_WRAPPED_LINE;
        if (!cut && record.endsLine() && wrapped && !FINISHED_WORDS.matcher(words).matches()) {
            unfinished = fault;
            unfinishedLine = record.lastLine();
        } else if (record.format() == RecordFormat.DMAR_REASON && fault.line() < record.line()) {
            paired = fault;
            pairedTime = record.time();
        } else {
            faults.accept(fault.toFault());
        }
    }

    /** The fault of a reason; null if there is none, or more than one. */
    private DmarFaultText claim(final FoundRecord record, final String family, final String printed,
            final boolean xen) {
        final DmarFaultText last = waiting.peekLast();
        if (last != null && last.line() == record.line() && last.canHave(printed, xen)) {
            return waiting.removeLast();
        }
        if (family == null) {
            final boolean near = last != null && record.line() - last.line() <= PATIENCE_FOR_BARE_REASON
                    && record.time().follows(last.time()) && last.canHave(printed, xen);
            return near ? waiting.removeLast() : null;
        }
        final List<DmarFaultText> candidates = candidates(family, record, printed, xen);
        if (candidates.isEmpty()) {
            return null;
        }
        final DmarFaultText fault = candidates.getLast();
        if (candidates.size() > 1 && fault != last) {
            return null;
        }
        waiting.removeLastOccurrence(fault);
        return fault;
    }

    private List<DmarFaultText> candidates(final String family, final FoundRecord record, final String printed,
            final boolean xen) {
        final boolean interrupt = "INTR-REMAP".equalsIgnoreCase(family);
        return waiting.stream().filter(fault -> fault.isInterrupt() == interrupt
                && record.time().follows(fault.time()) && fault.canHave(printed, xen)).toList();
    }

    /** Whether a reason behind a pair can only be that of another fault, and the pair is not in doubt. */
    private boolean claimable(final String family, final FoundRecord record, final String printed,
            final boolean xen) {
        return !paired.canHave(printed, xen) && candidates(family, record, printed, xen).size() == 1
                || paired.isInterrupt() != "INTR-REMAP".equalsIgnoreCase(family);
    }

    private static String trimmedWords(final String text) {
        String words = text.strip();
        while (!words.isEmpty() && "\"'`[]>".indexOf(words.charAt(words.length() - 1)) >= 0) {
            words = words.substring(0, words.length() - 1).stripTrailing();
        }
        return words;
    }
}
