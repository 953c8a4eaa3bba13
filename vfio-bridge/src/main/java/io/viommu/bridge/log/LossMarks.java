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
 * Finds what says that lines of a log are not there: printk that ran out of its buffer, rate limits, daemons that
 * couldn't keep up, marks of syslog, another boot, and people who cut what they thought was of no interest. Nothing
 * that stands before such a mark is put together with anything behind it.
 */
final class LossMarks {
    private static final Pattern MARK = Pattern.compile(String.join("|",
            "\\*\\*\\s*\\d{1,18}\\s+printk\\s+messages?\\s+dropped\\s*\\*\\*(?<front>)",
            // a daemon's, or a rate limit's
            "missed\\s+\\d{1,18}\\s+(?:kernel\\s+)?messages?", "buffer\\s+overrun",
            "(?:\\w{1,40}:?\\s+)?\\d{1,18}\\s+(?:\\w{1,20}\\s+)?(?:callbacks?|messages?"
                    + "|lines?)\\s+(?:were\\s+|have\\s+been\\s+)?"
                    + "(?:suppressed|dropped|lost|skipped|discarded|missed|omitted|deleted|truncated|not\\s+shown)",
            "(?:messages?|lines?|log\\s+entries)\\s+(?:were\\s+|have\\s+been\\s+|may\\s+have\\s+been\\s+)?"
                    + "(?:suppressed|dropped|lost|skipped|discarded|omitted|truncated)",
            "(?:lost|dropped|suppressed|skipped|skipping|discarded"
                    + "|omitted)\\s+\\d{1,18}\\s+(?:\\w{1,20}\\s+)?(?:messages?|lines?|entries)",
            "--\\s*MARK\\s*--",
            // another boot
            "--\\s*(?:re)?boot\\b.{0,80}--", "Linux\\s+version\\s+\\d", "Booting\\s+Linux\\s+on\\s+physical",
            // what people leave out
            "\\A[\\s>|]{0,16}(?:[\\[(<{]?\\s{0,4}(?:\\.{2,40}|\u2026|\u00e2\u0080\u00a6)\\s{0,4}[\\])>}]?"
                    + "|[\\[(<{]\\s{0,4}(?:snip|cut|snipped|truncated|trimmed|omitted"
                    + "|\\.{2,8}\\s?snip\\s?\\.{2,8})[^\\])>}]{0,20}[\\])>}]"
                    + "|-{2,80}|-{1,40}\\s?(?:8<|>8|%<)\\s?-{1,40}.{0,40})\\s{0,16}\\z"),
            Pattern.CASE_INSENSITIVE);

    /** Every mark has one of these in it, or an ellipsis. */
    private static final Markers HINTS = new Markers("dropped", "missed", "overrun", "suppressed", "lost", "skip",
            "discarded",
            "omitted", "deleted", "truncated", "not shown", "mark", "boot", "linux version", "..", "snip", "cut", "--",
            "trimmed", "8<");

    private final Matcher mark = MARK.matcher("");

    /** Begins with another line; false if there is certainly no mark in it. */
    boolean reset(final String text) {
        if (HINTS.areIn(text) || text.indexOf('\u2026') >= 0 || text.contains("\u0080\u00a6")) {
            mark.reset(text);
            return true;
        }
        return false;
    }

    /** Finds the next mark. */
    boolean find() {
        return mark.find();
    }

    /** Where the mark begins. */
    int start() {
        return mark.start();
    }

    /** Where the text begins that stands after it; marks that are records of their own are part of that text. */
    int next() {
        return mark.group("front") == null ? mark.start() : mark.end();
    }
}
