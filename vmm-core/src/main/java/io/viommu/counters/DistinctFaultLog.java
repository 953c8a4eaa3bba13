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

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.JvmFlag;

/**
 * Each fault that differs, by device, kind and reason, with how often, when first and when last: a storm of millions is
 * one line. It is kept in a file as well, so it can be read while faults come in, and after a crash: as it was at the
 * last {@link #flush}.
 *
 * <p>One thread adds and flushes, and allocates nothing by it; any process reads. When there is no room for one more
 * line, its faults are counted together. A file that can't be written any more, or that somebody cut, is given up: the
 * faults are counted all the same, and {@link #failure} says so.
 */
public final class DistinctFaultLog implements AutoCloseable {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    private static final int VTD_REASON_SHIFT = 32;
    private static final int BYTE = 0xFF;
    private static final int LEAST = 16;
    private static final int MOST = 1 << 20;
    /** The end of the year 9999, in milliseconds since the epoch. */
    private static final long LATEST = 253_402_300_799_999L;
    /** Lines that changed and aren't in the file yet; with one more, all are written. */
    private static final int UNWRITTEN = 64;

    private final ReservedFile file;
    private final UnsafeBuffer buffer;
    private final EpochClock clock;
    private final int mask;
    private final boolean[] unwritten;
    private final int[] unwrittenSlots = new int[UNWRITTEN];
    private final byte[] bytes = new byte[DistinctFaultLayout.ENTRY];
    private final Closing closing = new Closing("log of distinct faults");
    private int unwrittenCount;
    private boolean othersUnwritten;
    private int used;

    private DistinctFaultLog(final ReservedFile file, final int capacity, final EpochClock clock) {
        this.file = file;
        this.buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(length(capacity)));
        this.mask = capacity - 1;
        this.unwritten = new boolean[file == null ? 0 : capacity];
        this.clock = clock;
        buffer.putInt(DistinctFaultLayout.VERSION, DistinctFaultLayout.VERSION_VALUE);
        buffer.putLong(DistinctFaultLayout.PROCESS, ProcessHandle.current().pid());
        buffer.putInt(DistinctFaultLayout.CAPACITY, capacity);
        buffer.putLong(DistinctFaultLayout.START, clock.time());
        buffer.putInt(DistinctFaultLayout.MAGIC, DistinctFaultLayout.MAGIC_VALUE);
        if (file != null) {
            write(0, DistinctFaultLayout.HEADER);
        }
    }

    /**
     * Makes a log in a file, all of whose blocks are taken now; an older regular file of that name is replaced.
     *
     * @param path     where.
     * @param capacity lines there is room for at twice their number: a power of two, 16 to 1048576.
     * @param clock    milliseconds since the epoch.
     * @return an empty log.
     * @throws java.io.UncheckedIOException in one sentence, if the file can't be made; nothing is left then.
     */
    public static DistinctFaultLog create(final Path path, final int capacity, final EpochClock clock) {
        check(capacity);
        return new DistinctFaultLog(ReservedFile.create(path, length(capacity)), capacity, clock);
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
        return new DistinctFaultLog(null, capacity, clock);
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
        final boolean writable = file != null && closing.enter();
        try {
            count(record, writable);
        } finally {
            if (writable) {
                closing.exit();
            }
        }
    }

    private void count(final FaultRecord record, final boolean writable) {
        final int code = code(record);
        final int at = find(record.source(), record.hostDevice(), record.kind(), code);
        if (at == 0) {
            buffer.putLong(DistinctFaultLayout.OTHERS, buffer.getLong(DistinctFaultLayout.OTHERS) + 1);
            othersUnwritten = true;
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
        if (writable) {
            changed((at - DistinctFaultLayout.HEADER) / DistinctFaultLayout.ENTRY);
        }
    }

    private void changed(final int slot) {
        if (unwritten[slot]) {
            return;
        }
        if (unwrittenCount == UNWRITTEN) {
            writeChanges();
        }
        unwritten[slot] = true;
        unwrittenSlots[unwrittenCount++] = slot;
    }

    /** Writes what changed since the last time into the file: whoever adds calls it when no more faults are there. */
    public void flush() {
        if (file != null && closing.enter()) {
            try {
                writeChanges();
            } finally {
                closing.exit();
            }
        }
    }

    private void writeChanges() {
        for (int i = 0; i < unwrittenCount; i++) {
            final int at = DistinctFaultLayout.HEADER + unwrittenSlots[i] * DistinctFaultLayout.ENTRY;
            // a line that a reader finds counted is whole
            write(at + DistinctFaultLayout.FIRST, DistinctFaultLayout.ENTRY - DistinctFaultLayout.FIRST);
            write(at, DistinctFaultLayout.FIRST);
            unwritten[unwrittenSlots[i]] = false;
        }
        unwrittenCount = 0;
        if (othersUnwritten) {
            write(DistinctFaultLayout.OTHERS, Long.BYTES);
            othersUnwritten = false;
        }
    }

    private void write(final int at, final int length) {
        buffer.getBytes(at, bytes, 0, length);
        file.write(at, bytes, length);
    }

    /**
     * Why the file isn't written any more.
     *
     * @return one sentence, or null if all is well.
     */
    public String failure() {
        return file == null ? null : file.failure();
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
        final byte[] bytes;
        try {
            bytes = ReservedFile.read(path, length(MOST));
        } catch (final IOException refused) {
            throw new IllegalArgumentException(path + " " + refused.getMessage() + ".", refused);
        }
        if (bytes.length < DistinctFaultLayout.HEADER) {
            throw new IllegalArgumentException(path + " is not a log of distinct faults.");
        }
        return read(path, new UnsafeBuffer(bytes));
    }

    private static DistinctFaults read(final Path path, final UnsafeBuffer buffer) {
        final int capacity = buffer.getInt(DistinctFaultLayout.CAPACITY);
        if (buffer.getInt(DistinctFaultLayout.MAGIC) != DistinctFaultLayout.MAGIC_VALUE
                || buffer.getInt(DistinctFaultLayout.VERSION) != DistinctFaultLayout.VERSION_VALUE) {
            throw new IllegalArgumentException(path + " is not a log of distinct faults, version 1.");
        }
        if (!possible(capacity)) {
            throw damaged(path, "it has room for " + Integer.toUnsignedString(capacity) + " lines");
        }
        if (length(capacity) > buffer.capacity()) {
            throw new IllegalArgumentException(path + " is truncated: it has " + buffer.capacity() + " of its "
                    + length(capacity) + " bytes.");
        }
        final DistinctFaults faults = new DistinctFaults(buffer.getLong(DistinctFaultLayout.PROCESS),
                buffer.getLong(DistinctFaultLayout.START), buffer.getLong(DistinctFaultLayout.OTHERS),
                all(buffer, capacity));
        if (!CounterFile.isProcess(faults.process())) {
            throw damaged(path, "its process is " + faults.process());
        }
        if (!isTime(faults.start())) {
            throw damaged(path, "it began " + faults.start() + " ms after 1970");
        }
        long sum = faults.others();
        for (final DistinctFault line : faults.lines()) {
            if (!isTime(line.first()) || !isTime(line.last())) {
                throw damaged(path, "a fault came " + line.first() + " and " + line.last() + " ms after 1970");
            }
            if (line.code() < 0 || line.code() > BYTE) {
                throw damaged(path, "a fault has the code " + line.code());
            }
            sum = line.count() < 0 || sum < 0 ? -1 : sum + line.count();
        }
        if (sum < 0) {
            throw damaged(path, "it has 2^63 faults or more");
        }
        return faults;
    }

    private static boolean isTime(final long milliseconds) {
        return milliseconds >= 0 && milliseconds <= LATEST;
    }

    private static IllegalArgumentException damaged(final Path path, final String statement) {
        return new IllegalArgumentException(path + " is damaged: it says that " + statement + ".");
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

    /** Writes what isn't written yet; the file stays for who wants to read it. What comes later is only in memory. */
    @Override
    public void close() {
        closing.close(() -> {
            if (file != null) {
                writeChanges();
                file.close();
            }
        });
    }
}
