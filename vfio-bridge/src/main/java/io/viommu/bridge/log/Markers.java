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

/**
 * Looks for any of several strings in a line, in small or capital letters of ASCII, going through the line once. For
 * the many lines of a log in which there is none.
 */
final class Markers {
    private static final int PAIRS = 1 << 14;
    private static final int ASCII = 0x7f;

    /** The markers by their first two letters. */
    private final String[][] byPair = new String[PAIRS][];

    /**
     * Prepares a search.
     *
     * @param markers in lower case, of two letters of ASCII or more each
     */
    Markers(final String... markers) {
        for (final String marker : markers) {
            final int pair = pair(marker.charAt(0), marker.charAt(1));
            final List<String> all = new ArrayList<>(byPair[pair] == null ? List.of() : List.of(byPair[pair]));
            all.add(marker);
            byPair[pair] = all.toArray(String[]::new);
        }
    }

    /** Whether any of them is in a line. */
    boolean areIn(final String line) {
        final int length = line.length();
        if (length < 2) {
            return false;
        }
        char last = lower(line.charAt(0));
        for (int i = 1; i < length; i++) {
            final char next = lower(line.charAt(i));
            final String[] candidates = byPair[pair(last, next)];
            if (candidates != null && matches(candidates, line, i - 1)) {
                return true;
            }
            last = next;
        }
        return false;
    }

    private static boolean matches(final String[] candidates, final String line, final int at) {
        for (final String candidate : candidates) {
            if (line.regionMatches(true, at, candidate, 0, candidate.length())) {
                return true;
            }
        }
        return false;
    }

    private static int pair(final char first, final char second) {
        return (first & ASCII) << 7 | second & ASCII;
    }

    private static char lower(final char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c;
    }
}
