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
package io.viommu.counters;

import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.agrona.IoUtil;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;

/**
 * Each fault that differs, by device, kind and reason, with how often, when first and when last: a storm of millions is
 * one line. It is kept in a mapped file, so it can be read while faults come in, and after a crash.
 *
 * <p>One thread adds, and allocates nothing by it; any process reads. When there is no room for one more line, its
 * faults are counted together.
 */
public final class DistinctFaultLog implements AutoCloseable {

    private static final int VTD_REASON_SHIFT = 32;
    private static final int BYTE = 0xFF;
    private static final int LEAST = 16;
    private static final int MOST = 1 << 20;

    private final MappedByteBuffer mapped;
    private final UnsafeBuffer buffer;
    private final EpochClock clock;
    private final int mask;
    private int used;

    private DistinctFaultLog(final MappedByteBuffer mapped, final UnsafeBuffer buffer, final int capacity,
            final EpochClock clock) {
        this.mapped = mapped;
        this.buffer = buffer;
        this.mask = capacity - 1;
        this.clock = clock;
        buffer.putInt(DistinctFaultLayout.VERSION, DistinctFaultLayout.VERSION_VALUE);
        buffer.putLong(DistinctFaultLayout.PROCESS, ProcessHandle.current().pid());
        buffer.putInt(DistinctFaultLayout.CAPACITY, capacity);
        buffer.putLong(DistinctFaultLayout.START, clock.time());
        buffer.putIntVolatile(DistinctFaultLayout.MAGIC, DistinctFaultLayout.MAGIC_VALUE);
    }

    /**
     * Makes a log in a file; an older one of that name is replaced.
     *
     * @param path     where.
     * @param capacity lines there is room for at twice their number: a power of two, 16 to 1048576.
     * @param clock    milliseconds since the epoch.
     * @return an empty log.
     */
    public static DistinctFaultLog create(final Path path, final int capacity, final EpochClock clock) {
        check(capacity);
        IoUtil.deleteIfExists(path.toFile());
        final MappedByteBuffer mapped = IoUtil.mapNewFile(path.toFile(), length(capacity));
        return new DistinctFaultLog(mapped, new UnsafeBuffer(mapped), capacity, clock);
    }

    /**
     * Makes a log that only this process sees.
     *
     * @param capacity as for {@link #create}.
     * @param clock    milliseconds since the epoch.
     * @return an empty log.
     */
    public static DistinctFaultLog inMemory(final int capacity, final EpochClock clock) {
        check(capacity);
        return new DistinctFaultLog(null, new UnsafeBuffer(ByteBuffer.allocateDirect(length(capacity))), capacity,
                clock);
    }

    private static void check(final int capacity) {
        if (!possible(capacity)) {
            throw new IllegalArgumentException("capacity must be a power of two from 16 to 1048576, not " + capacity
                    + ".");
        }
    }

    private static boolean possible(final int capacity) {
        return Integer.bitCount(capacity) == 1 && capacity >= LEAST && capacity <= MOST;
    }

    private static int length(final int capacity) {
        return DistinctFaultLayout.HEADER + capacity * DistinctFaultLayout.ENTRY;
    }

    /**
     * Counts a fault.
     *
     * @param record the fault as it was read.
     */
    public void add(final FaultRecord record) {
        final int code = code(record);
        final int at = find(record.source(), record.hostDevice(), record.kind(), code);
        if (at == 0) {
            buffer.putLong(DistinctFaultLayout.OTHERS, buffer.getLong(DistinctFaultLayout.OTHERS) + 1);
            return;
        }
        final long now = clock.time();
        final long count = buffer.getLong(at + DistinctFaultLayout.COUNT);
        if (count == 0) {
            used++;
            buffer.putInt(at + DistinctFaultLayout.SOURCE, record.source());
            buffer.putInt(at + DistinctFaultLayout.DEVICE, record.hostDevice());
            buffer.putInt(at + DistinctFaultLayout.KIND, record.kind());
            buffer.putInt(at + DistinctFaultLayout.CODE, code);
            buffer.putLong(at + DistinctFaultLayout.FIRST, now);
            words(record, at + DistinctFaultLayout.FIRST_WORDS);
        }
        buffer.putLong(at + DistinctFaultLayout.LAST, now);
        words(record, at + DistinctFaultLayout.LAST_WORDS);
        buffer.putLongOrdered(at + DistinctFaultLayout.COUNT, count + 1);
    }

    private void words(final FaultRecord record, final int at) {
        for (int i = 0; i < DistinctFaultLayout.WORDS; i++) {
            buffer.putLong(at + i * Long.BYTES, record.word(i));
        }
    }

    /** The line of a fault, or the place for a new one; 0 if there is no room: the table is kept half empty. */
    private int find(final int source, final int device, final int kind, final int code) {
        final long mixed = ((long) source << 48 ^ (long) device << 16 ^ kind << 8 ^ code) * 0x9E37_79B9_7F4A_7C15L;
        int slot = (int) (mixed >>> 40) & mask;
        while (true) {
            final int at = DistinctFaultLayout.HEADER + slot * DistinctFaultLayout.ENTRY;
            if (buffer.getLong(at + DistinctFaultLayout.COUNT) == 0) {
                return used > mask / 2 ? 0 : at;
            }
            if (buffer.getInt(at + DistinctFaultLayout.DEVICE) == device
                    && buffer.getInt(at + DistinctFaultLayout.CODE) == code
                    && buffer.getInt(at + DistinctFaultLayout.SOURCE) == source
                    && buffer.getInt(at + DistinctFaultLayout.KIND) == kind) {
                return at;
            }
            slot = slot + 1 & mask;
        }
    }

    private static int code(final FaultRecord record) {
        return switch (record.kind()) {
            case FaultKind.SMMU_EVENT, FaultKind.GENERIC -> (int) record.word(0) & BYTE;
            case FaultKind.VTD_FAULT -> (int) (record.word(1) >>> VTD_REASON_SHIFT) & BYTE;
            default -> 0;
        };
    }

    /**
     * The lines of this log.
     *
     * @return a copy, in no order.
     */
    public List<DistinctFault> all() {
        return all(buffer, mask + 1);
    }

    /**
     * Faults that found no room.
     *
     * @return how many so far.
     */
    public long others() {
        return buffer.getLong(DistinctFaultLayout.OTHERS);
    }

    /**
     * Reads a log that another process keeps, or an earlier one kept.
     *
     * @param path the file.
     * @return a copy.
     * @throws IllegalArgumentException in one sentence, if that isn't such a file.
     */
    public static DistinctFaults read(final Path path) {
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw new IllegalArgumentException(path + " can't be read.");
        }
        final long size = path.toFile().length();
        if (size < DistinctFaultLayout.HEADER) {
            throw new IllegalArgumentException(path + " is not a log of distinct faults.");
        }
        if (size > length(MOST)) {
            throw new IllegalArgumentException(path + " is not a log of distinct faults: it has " + size + " bytes.");
        }
        final MappedByteBuffer mapped = IoUtil.mapExistingFile(path.toFile(), "distinct faults");
        try {
            return read(path, new UnsafeBuffer(mapped));
        } finally {
            IoUtil.unmap(mapped);
        }
    }

    private static DistinctFaults read(final Path path, final UnsafeBuffer buffer) {
        final int capacity = buffer.getInt(DistinctFaultLayout.CAPACITY);
        if (buffer.getIntVolatile(DistinctFaultLayout.MAGIC) != DistinctFaultLayout.MAGIC_VALUE
                || buffer.getInt(DistinctFaultLayout.VERSION) != DistinctFaultLayout.VERSION_VALUE) {
            throw new IllegalArgumentException(path + " is not a log of distinct faults, version 1.");
        }
        if (!possible(capacity)) {
            throw new IllegalArgumentException(path + " is damaged: it says that it has room for "
                    + Integer.toUnsignedString(capacity) + " lines.");
        }
        if (length(capacity) > buffer.capacity()) {
            throw new IllegalArgumentException(path + " is truncated: it has " + buffer.capacity() + " of its "
                    + length(capacity) + " bytes.");
        }
        return new DistinctFaults(buffer.getLong(DistinctFaultLayout.PROCESS),
                buffer.getLong(DistinctFaultLayout.START), buffer.getLong(DistinctFaultLayout.OTHERS),
                all(buffer, capacity));
    }

    private static List<DistinctFault> all(final UnsafeBuffer buffer, final int capacity) {
        final List<DistinctFault> faults = new ArrayList<>();
        for (int i = 0; i < capacity; i++) {
            final int at = DistinctFaultLayout.HEADER + i * DistinctFaultLayout.ENTRY;
            final long count = buffer.getLongVolatile(at + DistinctFaultLayout.COUNT);
            if (count != 0) {
                faults.add(new DistinctFault(buffer.getInt(at + DistinctFaultLayout.SOURCE),
                        buffer.getInt(at + DistinctFaultLayout.DEVICE), buffer.getInt(at + DistinctFaultLayout.KIND),
                        buffer.getInt(at + DistinctFaultLayout.CODE), count,
                        buffer.getLong(at + DistinctFaultLayout.FIRST), buffer.getLong(at + DistinctFaultLayout.LAST),
                        words(buffer, at + DistinctFaultLayout.FIRST_WORDS),
                        words(buffer, at + DistinctFaultLayout.LAST_WORDS)));
            }
        }
        return faults;
    }

    private static List<Long> words(final UnsafeBuffer buffer, final int at) {
        final List<Long> words = new ArrayList<>();
        for (int i = 0; i < DistinctFaultLayout.WORDS; i++) {
            words.add(buffer.getLong(at + i * Long.BYTES));
        }
        return words;
    }

    /** Unmaps the file, which stays for who wants to read it. Nothing may be added afterwards. */
    @Override
    public void close() {
        if (mapped != null) {
            IoUtil.unmap(mapped);
        }
    }
}
