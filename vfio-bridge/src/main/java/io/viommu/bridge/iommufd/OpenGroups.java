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
package io.viommu.bridge.iommufd;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Which groups of page requests wait for their answer: for each cookie of the kernel the generation of the group that
 * has it now, 0 if none. The kernel gives out the lowest free cookie, so they are small and dense.
 *
 * <p>The reader opens; any thread closes. A token is the generation above the cookie.
 */
final class OpenGroups {

    /** Stands for a cookie that is out of range. */
    static final long NONE = 0;

    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int CHUNKS = 1 << 10;

    private final AtomicReferenceArray<AtomicIntegerArray> chunks = new AtomicReferenceArray<>(CHUNKS);
    private int generation;

    /** Opens a group; one that had the cookie before was answered by the kernel and is forgotten. */
    long open(final int cookie) {
        if (cookie <= 0 || cookie >>> CHUNK_BITS >= CHUNKS) {
            return NONE;
        }
        AtomicIntegerArray chunk = chunks.get(cookie >>> CHUNK_BITS);
        if (chunk == null) {
            chunk = new AtomicIntegerArray(CHUNK);
            chunks.set(cookie >>> CHUNK_BITS, chunk);
        }
        generation = generation == -1 ? 1 : generation + 1;
        chunk.set(cookie & CHUNK - 1, generation);
        return (long) generation << Integer.SIZE | cookie;
    }

    /** Closes a group, once. */
    boolean close(final long token) {
        final int cookie = (int) token;
        final int opened = (int) (token >>> Integer.SIZE);
        if (opened == 0 || cookie <= 0 || cookie >>> CHUNK_BITS >= CHUNKS) {
            return false;
        }
        final AtomicIntegerArray chunk = chunks.get(cookie >>> CHUNK_BITS);
        return chunk != null && chunk.compareAndSet(cookie & CHUNK - 1, opened, 0);
    }

    /** Closes the next open group from a cookie on, and returns its cookie; 0 if there is none. */
    int closeNext(final int from) {
        for (int cookie = Math.max(1, from); cookie >>> CHUNK_BITS < CHUNKS; cookie++) {
            final AtomicIntegerArray chunk = chunks.get(cookie >>> CHUNK_BITS);
            if (chunk == null) {
                cookie |= CHUNK - 1;
            } else if (chunk.getAndSet(cookie & CHUNK - 1, 0) != 0) {
                return cookie;
            }
        }
        return 0;
    }

    int count() {
        int open = 0;
        for (int i = 0; i < CHUNKS; i++) {
            final AtomicIntegerArray chunk = chunks.get(i);
            for (int k = 0; chunk != null && k < CHUNK; k++) {
                open += chunk.get(k) != 0 ? 1 : 0;
            }
        }
        return open;
    }
}
