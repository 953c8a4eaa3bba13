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

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The 64-bit words of a hardware record, in the order of the record, each in host byte order. Immutable.
 *
 * <p>An SMMUv3 event has four words (IHI 0070 section 7.3), a page request two (section 8.1), a VT-d fault recording
 * register two (low half first). A record that the log cut short has fewer.
 */
public final class RawWords {
    /** No words at all. */
    public static final RawWords NONE = new RawWords();

    private final long[] words;

    private RawWords(final long... words) {
        this.words = words;
    }

    /**
     * Makes a record of the words given.
     *
     * @param words the words, first one first; copied
     * @return the record
     */
    public static RawWords of(final long... words) {
        return words.length == 0 ? NONE : new RawWords(words.clone());
    }

    static RawWords firstOf(final long[] words, final int count) {
        return count == 0 ? NONE : new RawWords(Arrays.copyOf(words, count));
    }

    /**
     * How many words were read.
     *
     * @return 0 to 4
     */
    public int count() {
        return words.length;
    }

    /**
     * One word of the record.
     *
     * @param index 0 for the first word, less than {@link #count()}
     * @return the word
     * @throws IndexOutOfBoundsException if there is no such word
     */
    public long get(final int index) {
        return words[index];
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof RawWords that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        return Arrays.stream(words).mapToObj(word -> String.format("0x%016x", word))
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
