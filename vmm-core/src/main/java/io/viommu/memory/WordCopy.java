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

package io.viommu.memory;

import org.agrona.UnsafeApi;

/**
 * Copies and clears records of a few words. For these the JVM's general copy costs more in getting there than in
 * copying. Places are given as Agrona buffers give them, {@code byteArray()} and {@code addressOffset() + index}; the
 * caller has checked the ranges.
 */
public final class WordCopy {

    /** Up to here it is cheaper than the general copy. */
    public static final int WORTHWHILE = 128;

    private WordCopy() {
    }

    /**
     * Copies words.
     *
     * @param source        array of the source, or null.
     * @param sourceAddress address, or offset in the array.
     * @param target        array of the target, or null; the ranges don't overlap.
     * @param targetAddress address, or offset in the array.
     * @param length        bytes, a multiple of 8.
     */
    public static void copy(final Object source, final long sourceAddress, final Object target,
            final long targetAddress, final int length) {
        for (int at = 0; at < length; at += Long.BYTES) {
            UnsafeApi.putLongUnaligned(target, targetAddress + at,
                    UnsafeApi.getLongUnaligned(source, sourceAddress + at));
        }
    }

    /**
     * Sets words to 0.
     *
     * @param target        array of the target, or null.
     * @param targetAddress address, or offset in the array.
     * @param length        bytes, a multiple of 8.
     */
    public static void clear(final Object target, final long targetAddress, final int length) {
        for (int at = 0; at < length; at += Long.BYTES) {
            UnsafeApi.putLongUnaligned(target, targetAddress + at, 0);
        }
    }
}
