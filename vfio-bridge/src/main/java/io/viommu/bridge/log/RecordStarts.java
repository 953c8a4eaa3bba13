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

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;

/**
 * Finds where records start in a text. The first tokens of the formats are looked for as plain strings, each at most
 * once in any part of the text, and only where one stands is a pattern tried: that keeps long lines linear and storms
 * quick.
 */
final class RecordStarts {
    private static final String LINE_START = "^";
    private static final int NOT_SEARCHED = -1;
    private static final int NONE = Integer.MAX_VALUE;

    private final List<Candidate> candidates = new ArrayList<>();
    private String text;
    private String lower;
    private int start;
    private RecordFormat format;

    /** One first token of one format. */
    private static final class Candidate {
        private final RecordFormat format;
        private final String token;
        private final Matcher check;
        /** Where the record of this candidate that was found last begins. */
        private int at;

        private Candidate(final RecordFormat format, final String token) {
            this.format = format;
            this.token = token;
            check = format.startMatcher();
        }

        private void reset(final String text) {
            check.reset(text);
            at = NOT_SEARCHED;
        }

        private int next(final String text, final String lower, final int from) {
            if (at < from) {
                at = search(text, lower, from);
            }
            return at;
        }

        private int search(final String text, final String lower, final int from) {
            if (LINE_START.equals(token)) {
                return from == 0 && check.region(0, text.length()).lookingAt() ? 0 : NONE;
            }
            int found = lower.indexOf(token, from);
            while (found >= 0 && !check.region(found, text.length()).lookingAt()) {
                found = lower.indexOf(token, found + 1);
            }
            return found < 0 ? NONE : found;
        }
    }

    RecordStarts() {
        for (final RecordFormat each : RecordFormat.values()) {
            for (final String token : each.firstTokens()) {
                candidates.add(new Candidate(each, token));
            }
        }
    }

    /** Begins with another text. */
    RecordStarts reset(final String newText) {
        text = newText;
        lower = lower(newText);
        candidates.forEach(candidate -> candidate.reset(newText));
        return this;
    }

    /** The text with the small letters of ASCII for the capital ones; the length stays. */
    static String lower(final String text) {
        char[] changed = null;
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                if (changed == null) {
                    changed = text.toCharArray();
                }
                changed[i] = (char) (c | 0x20);
            }
        }
        return changed == null ? text : String.valueOf(changed);
    }

    /** Finds the first record that starts at or after a position; positions must not go back. */
    boolean find(final int from) {
        start = NONE;
        for (final Candidate candidate : candidates) {
            final int next = candidate.next(text, lower, from);
            if (next < start) {
                start = next;
                format = candidate.format;
            }
        }
        return start != NONE;
    }

    /** Where the record starts that was found. */
    int start() {
        return start;
    }

    /** The format of the record that was found. */
    RecordFormat format() {
        return format;
    }
}
