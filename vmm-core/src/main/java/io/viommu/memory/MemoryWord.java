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

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Takes eight bytes that are read from guest memory. A walk that follows pointers waits for each of them: from a field
 * the value is at hand at once, through a buffer it would go by way of memory. Belongs to one thread.
 */
public final class MemoryWord {

    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    private long value;

    /** Makes a word of 0. */
    public MemoryWord() {
    }

    /**
     * What was read last.
     *
     * @return the bytes as a little-endian number.
     */
    public long value() {
        return value;
    }

    void value(final long littleEndian) {
        value = littleEndian;
    }

    /** The way for memories that only know bytes. */
    int readFrom(final GuestMemory memory, final long gpa) {
        final int outcome = memory.read(gpa, bytes, 0, Long.BYTES);
        if (outcome == GuestMemory.OK) {
            value = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
        }
        return outcome;
    }
}
