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
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pairs DMAR faults with their reasons. From kernel 4.5 on the reason stands in the fault's own record; before that,
 * and in Xen, it has a line of its own, and the reasons come in the order of the faults. A fault whose reason never
 * comes is reported without it.
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

    /**
     * The line after a reason whose words may be wrapped.
     *
     * @return true if it was the rest of the words, and is used up
     */
    boolean continueWords(final String text, final long line) {
        final boolean rest = line == unfinishedLine + 1 && PLAIN_WORDS.matcher(text).matches();
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

    /** D1 to D6, X1: a fault. */
    void fault(final Matcher groups, final long line, final long lastLine, final String rest, final boolean endsLine) {
        final DmarFaultText fault = new DmarFaultText(line, groups);
        final boolean mentionOnly = groups.group("request") == null
                || !fault.hasRequester() && !(endsLine && rest.isBlank());
        if (mentionOnly || fault.isTemplate()) {
            return;
        }
        if (fault.hasReason()) {
            reasoned(fault, lastLine, rest, endsLine);
        } else if (fault.hasInfo()) {
            if (waiting.size() == MAX_WAITING) {
                faults.accept(waiting.removeFirst().toFault());
            }
            waiting.addLast(fault);
        } else {
            faults.accept(fault.toFault());
        }
    }

    /** D1, D1i, X1: a reason on its own. Without a fault that waits for it, it is prose, or its fault is lost. */
    void reason(final Matcher groups, final long line, final long lastLine, final String rest,
            final boolean endsLine) {
        final boolean xen = groups.group("xencomplete") != null;
        if (!xen && groups.group("complete") == null) {
            return;
        }
        final DmarFaultText fault = claim(groups.group("family"), line);
        if (fault != null) {
            fault.reason(groups.group(xen ? "xen" : "reason"), xen);
            reasoned(fault, lastLine, rest, endsLine);
        }
    }

    /** Messages have been suppressed here: what still waits would be given a stranger's reason. */
    void suppressed() {
        while (!waiting.isEmpty()) {
            faults.accept(waiting.removeFirst().toFault());
        }
    }

    void expire(final long now) {
        while (!waiting.isEmpty() && now - waiting.getFirst().line() > PATIENCE) {
            faults.accept(waiting.removeFirst().toFault());
        }
    }

    void end() {
        emitUnfinished();
        suppressed();
    }

    private void emitUnfinished() {
        if (unfinished != null) {
            final DmarFaultText fault = unfinished;
            unfinished = null;
            faults.accept(fault.toFault());
        }
    }

    private void reasoned(final DmarFaultText fault, final long lastLine, final String rest, final boolean endsLine) {
        emitUnfinished();
        final Matcher end = END_OF_WORDS.matcher(rest);
        final boolean cut = end.find();
        final String words = trimmedWords(cut ? rest.substring(0, end.start()) : rest);
        fault.addWords(words);
        final boolean wrapped = words.isEmpty() || lastLine > fault.line() || words.length() > SHORTEST_WRAPPED_LINE;
        if (!cut && endsLine && wrapped && !FINISHED_WORDS.matcher(words).matches()) {
            unfinished = fault;
            unfinishedLine = lastLine;
        } else {
            faults.accept(fault.toFault());
        }
    }

    /** The oldest fault of the same family; a bare reason, or one on the same line, belongs to the fault before it. */
    private DmarFaultText claim(final String family, final long line) {
        final DmarFaultText last = waiting.peekLast();
        if (last != null && last.line() == line) {
            return waiting.removeLast();
        }
        if (family == null) {
            return last != null && line - last.line() <= PATIENCE_FOR_BARE_REASON ? waiting.removeLast() : null;
        }
        final boolean interrupt = "INTR-REMAP".equals(family);
        for (final Iterator<DmarFaultText> i = waiting.iterator(); i.hasNext();) {
            final DmarFaultText fault = i.next();
            if (fault.isInterrupt() == interrupt) {
                i.remove();
                return fault;
            }
        }
        return null;
    }

    private static String trimmedWords(final String text) {
        String words = text.strip();
        while (!words.isEmpty() && "\"'`[]>".indexOf(words.charAt(words.length() - 1)) >= 0) {
            words = words.substring(0, words.length() - 1).stripTrailing();
        }
        return words;
    }
}
