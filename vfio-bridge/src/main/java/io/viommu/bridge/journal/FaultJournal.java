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

package io.viommu.bridge.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.fault.FaultRecord;
import io.viommu.lifecycle.Closing;

/**
 * Records faults in a file of a fixed capacity, whose blocks are taken when it is made; what finds it full is counted,
 * in the file as well. It is cut to what was recorded when it is closed. One thread appends and flushes, and allocates
 * nothing by it; appending calls the kernel once for {@value #BATCH} records. Any thread may ask how many there are,
 * and may close.
 *
 * <p>The file is written, not mapped: when it can't be written any more, or somebody cuts it, the recording ends,
 * {@link #failure} says why, and what comes is counted as missed. Nothing is thrown at who appends.
 */
public final class FaultJournal implements AutoCloseable {

    /** Records in 64 MiB: what a user gets who doesn't say. */
    public static final int DEFAULT_CAPACITY = 1 << 20;

    private static final int BATCH = 256;
    private static final int COUNTS = 2 * Long.BYTES;

    private final Path path;
    private final NativeFile file;
    private final int capacity;
    private final UnsafeBuffer header;
    private final MemorySegment headerBytes;
    private final UnsafeBuffer batch;
    private final MemorySegment batchBytes;
    private final FaultRecord record = new FaultRecord();
    private int waiting;
    private long written;
    private boolean uncounted;
    private volatile long recorded;
    private volatile long missed;
    private volatile String failure;
    private final Closing closing = new Closing("fault journal");

    private FaultJournal(final Path path, final NativeFile file, final int capacity) {
        this.path = path;
        this.file = file;
        this.capacity = capacity;
        final ByteBuffer headerMemory = BufferUtil.allocateDirectAligned(JournalLayout.HEADER, JournalLayout.HEADER);
        final ByteBuffer batchMemory = BufferUtil.allocateDirectAligned(BATCH * JournalLayout.RECORD,
                JournalLayout.RECORD);
        this.header = new UnsafeBuffer(headerMemory);
        this.headerBytes = MemorySegment.ofBuffer(headerMemory);
        this.batch = new UnsafeBuffer(batchMemory);
        this.batchBytes = MemorySegment.ofBuffer(batchMemory);
    }

    /**
     * Begins a journal; an older regular file of that name is replaced, and nothing else is.
     *
     * @param path     where.
     * @param capacity the most it records, 1 to 16,777,216.
     * @return the journal, empty.
     * @throws IllegalArgumentException in one sentence, if the capacity is out of range.
     * @throws UncheckedIOException     in one sentence, if the file can't be made.
     */
    public static FaultJournal create(final Path path, final int capacity) {
        if (capacity < 1 || capacity > JournalLayout.MAX_RECORDS) {
            throw new IllegalArgumentException("A journal's capacity must be 1 to " + JournalLayout.MAX_RECORDS
                    + " records, not " + capacity + ".");
        }
        final FaultJournal journal;
        try {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                    && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException("something is there that is not a regular file");
            }
            Files.deleteIfExists(path);
            journal = new FaultJournal(path, NativeFile.create(path, JournalLayout.size(capacity)), capacity);
        } catch (final IOException refused) {
            throw new UncheckedIOException("The journal " + path + " can't be made: " + refused.getMessage() + ".",
                    refused);
        } catch (final LinuxException refused) {
            throw new UncheckedIOException("The journal " + path + " can't be made: "
                    + Errno.describe(refused.errno()) + ".", new IOException(refused));
        }
        journal.begin();
        return journal;
    }

    private void begin() {
        header.putInt(JournalLayout.VERSION, JournalLayout.THIS_VERSION);
        header.putInt(JournalLayout.RECORD_LENGTH, JournalLayout.RECORD);
        header.putInt(JournalLayout.HEADER_LENGTH, JournalLayout.HEADER);
        header.putLong(JournalLayout.BEGUN, System.currentTimeMillis());
        header.putLong(JournalLayout.MAGIC, JournalLayout.MAGIC_VALUE);
        write(headerBytes, 0);
    }

    /**
     * Records a fault, or counts it as missed when the journal is full or its file of no more use. It is in the file
     * after {@link #flush} at the latest.
     *
     * @param fault copied as it is.
     */
    public void append(final FaultRecord fault) {
        if (!closing.enter()) {
            missed = missed + 1;
            return;
        }
        try {
            put(fault);
        } finally {
            closing.exit();
        }
    }

    private void put(final FaultRecord fault) {
        final long count = recorded;
        if (failure != null || count == capacity) {
            missed = missed + 1; // one thread appends
            uncounted = true;
            return;
        }
        record.wrap(batch, waiting * JournalLayout.RECORD).copyFrom(fault);
        waiting++;
        recorded = count + 1;
        if (waiting == BATCH) {
            writeBatch();
        }
    }

    /** Writes what was appended since the last time. A journal whose writer is killed has all up to here. */
    public void flush() {
        if (closing.enter()) {
            try {
                writeBatch();
            } finally {
                closing.exit();
            }
        }
    }

    private void writeBatch() {
        if (failure != null || waiting == 0 && !uncounted) {
            return;
        }
        if (waiting > 0 && !write(batchBytes.asSlice(0, (long) waiting * JournalLayout.RECORD),
                JournalLayout.at((int) written))) {
            lose();
            return;
        }
        header.putLong(JournalLayout.RECORDS, written + waiting);
        header.putLong(JournalLayout.MISSED, missed);
        if (!write(headerBytes.asSlice(JournalLayout.RECORDS, COUNTS), JournalLayout.RECORDS)) {
            lose();
            return;
        }
        written += waiting;
        waiting = 0;
        uncounted = false;
    }

    private void lose() {
        missed = missed + waiting;
        recorded = written;
        waiting = 0;
    }

    private boolean write(final MemorySegment bytes, final long position) {
        try {
            if (file.size() < JournalLayout.HEADER + written * JournalLayout.RECORD) {
                failure = "The journal " + path + " was cut by somebody; it is written no more.";
                return false;
            }
        } catch (final LinuxException refused) {
            failure = "The journal " + path + " can't be written any more: " + refused.getMessage() + ".";
            return false;
        }
        long done = 0;
        while (done < bytes.byteSize()) {
            final long result = file.writeAt(done == 0 ? bytes : bytes.asSlice(done), position + done);
            if (result <= 0) {
                failure = "The journal " + path + " can't be written any more: "
                        + Errno.describe((int) -result) + ".";
                return false;
            }
            done += result;
        }
        return true;
    }

    /**
     * How many faults it holds.
     *
     * @return 0 to its capacity.
     */
    public long recorded() {
        return recorded;
    }

    /**
     * How many faults found it full, or its file of no more use.
     *
     * @return 0 if nothing is missing.
     */
    public long missed() {
        return missed;
    }

    /**
     * Why it records no more, other than being full.
     *
     * @return one sentence, or null if all is well.
     */
    public String failure() {
        return failure;
    }

    @Override
    public void close() {
        closing.close(this::end);
    }

    private void end() {
        writeBatch();
        try {
            if (failure == null) {
                file.truncate(JournalLayout.size((int) written));
            }
        } catch (final LinuxException refused) {
            failure = "The journal " + path + " can't be cut to its length: " + refused.getMessage() + ".";
        } finally {
            file.close();
        }
    }
}
