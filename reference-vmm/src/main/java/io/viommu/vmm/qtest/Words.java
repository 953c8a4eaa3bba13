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

package io.viommu.vmm.qtest;

import java.util.ArrayList;
import java.util.List;

/** The words of one line, taken one after the other; what is missing or malformed is refused in a sentence. */
final class Words {

    private static final int SHOWN = 40;

    private final List<String> words;
    private int next = 1;

    private Words(final List<String> words) {
        this.words = words;
    }

    /** Splits a line at its spaces. */
    static Words of(final String line) {
        final List<String> words = new ArrayList<>();
        int from = 0;
        while (from < line.length()) {
            final int space = line.indexOf(' ', from);
            final int to = space < 0 ? line.length() : space;
            if (to > from) {
                words.add(line.substring(from, to));
            }
            from = to + 1;
        }
        return new Words(words);
    }

    boolean empty() {
        return words.isEmpty();
    }

    /** The first word. */
    String command() {
        return words.get(0);
    }

    boolean more() {
        return next < words.size();
    }

    /** The next word, whatever it is; {@code name} is what the protocol calls it. */
    String word(final String name) {
        if (!more()) {
            throw new Refusal(command() + ": " + name + " is missing");
        }
        return words.get(next++);
    }

    /** Takes the next word if it is that one. */
    boolean take(final String expected) {
        if (more() && words.get(next).equals(expected)) {
            next++;
            return true;
        }
        return false;
    }

    /** A number of up to 64 bits: decimal, 0x hexadecimal or 0 octal. */
    long number(final String name) {
        return number(name, word(name));
    }

    /** A number within bounds, unsigned. */
    long number(final String name, final long min, final long max) {
        return bounded(name, number(name), min, max);
    }

    long bounded(final String name, final long value, final long min, final long max) {
        if (Long.compareUnsigned(value, min) < 0 || Long.compareUnsigned(value, max) > 0) {
            throw new Refusal(command() + ": " + name + " must be " + text(min) + " to " + text(max) + ", not "
                    + text(value));
        }
        return value;
    }

    private static String text(final long value) {
        return Long.compareUnsigned(value, 1 << 16) < 0 ? Long.toString(value) : "0x" + Long.toHexString(value);
    }

    /** What a word says as a number. */
    long number(final String name, final String word) {
        try {
            if (word.startsWith("0x") || word.startsWith("0X")) {
                return Long.parseUnsignedLong(word.substring(2), 16);
            }
            if (word.startsWith("0") && word.length() > 1) {
                return Long.parseUnsignedLong(word.substring(1), 8);
            }
            return Long.parseUnsignedLong(word);
        } catch (final NumberFormatException notANumber) {
            throw new Refusal(command() + ": " + name + " must be a number of up to 64 bits (decimal, 0x hexadecimal or"
                    + " 0 octal), not '" + shown(word) + "'");
        }
    }

    /** Refuses what is left over. */
    void end() {
        if (more()) {
            throw new Refusal(command() + ": there is a word too many, '" + shown(words.get(next)) + "'");
        }
    }

    /** A word as it may stand in a sentence: printable and short. */
    static String shown(final String word) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(word.length(), SHOWN); i++) {
            final char c = word.charAt(i);
            text.append(c < ' ' || c > '~' ? '?' : c);
        }
        return word.length() > SHOWN ? text + "..." : text.toString();
    }
}
