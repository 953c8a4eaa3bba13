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
package io.viommu.vmm.fuzz;

import java.util.Random;

/**
 * Takes every choice from the bytes of an input instead of a seed, so that a fuzzer that changes a byte changes a
 * choice. Small choices take a byte, others as many as they need. When the bytes are used up, all choices are 0.
 */
final class InputRandom extends Random {

    private static final long serialVersionUID = 1L;
    private static final int BYTE = 0xFF;

    private transient byte[] input = {};
    private transient int at;

    /** Begins with the first byte of an input. */
    void take(final byte[] bytes) {
        input = bytes.clone();
        at = 0;
    }

    /** Whether there is a byte left to choose by. */
    boolean left() {
        return at < input.length;
    }

    private long bytes(final int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= left() ? (input[at++] & (long) BYTE) << Byte.SIZE * i : 0;
        }
        return value;
    }

    @Override
    protected int next(final int bits) {
        return (int) bytes((bits + Byte.SIZE - 1) / Byte.SIZE) & (int) (0xFFFF_FFFFL >>> Integer.SIZE - bits);
    }

    @Override
    public int nextInt(final int bound) {
        final int width = Integer.SIZE - Integer.numberOfLeadingZeros(bound - 1);
        return (int) (bytes((width + Byte.SIZE - 1) / Byte.SIZE) % bound);
    }

    @Override
    public long nextLong() {
        return bytes(Long.BYTES);
    }

    @Override
    public boolean nextBoolean() {
        return (bytes(1) & 1) != 0;
    }
}
