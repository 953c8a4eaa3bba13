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
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import net.openhft.chronicle.bytes.MappedBytes;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultRecord;

/**
 * Records faults in a mapped file of a fixed capacity; what finds it full is counted, in the file as well. The file is
 * sparse, and cut to what was recorded when it is closed. One thread appends; that neither allocates nor calls the
 * kernel. Any thread may ask how many there are.
 */
public final class FaultJournal implements AutoCloseable {

    /** Records in 64 MiB: what a user gets who doesn't say. */
    public static final int DEFAULT_CAPACITY = 1 << 20;

    private final Path path;
    private final MappedBytes mapped;
    private final UnsafeBuffer file;
    private final int capacity;
    private final FaultRecord record = new FaultRecord();
    private boolean closed;

    private FaultJournal(final Path path, final MappedBytes mapped, final int capacity) {
        this.path = path;
        this.mapped = mapped;
        this.capacity = capacity;
        this.file = new UnsafeBuffer(mapped.addressForRead(0), JournalLayout.size(capacity));
    }

    /**
     * Begins a journal; an older file of that name is replaced.
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
        final MappedBytes mapped;
        try {
            Files.deleteIfExists(path);
            mapped = MappedBytes.singleMappedBytes(path.toFile(), JournalLayout.size(capacity));
        } catch (final IOException refused) {
            throw new UncheckedIOException("The journal " + path + " can't be made: " + refused.getMessage() + ".",
                    refused);
        }
        mapped.singleThreadedCheckDisabled(true); // whoever closes is not who appends
        final FaultJournal journal = new FaultJournal(path, mapped, capacity);
        journal.begin();
        return journal;
    }

    private void begin() {
        file.putInt(JournalLayout.VERSION, JournalLayout.THIS_VERSION);
        file.putInt(JournalLayout.RECORD_LENGTH, JournalLayout.RECORD);
        file.putInt(JournalLayout.HEADER_LENGTH, JournalLayout.HEADER);
        file.putLong(JournalLayout.BEGUN, System.currentTimeMillis());
        file.putLongVolatile(JournalLayout.MAGIC, JournalLayout.MAGIC_VALUE); // last: half a header is no journal
    }

    /**
     * Records a fault, or counts it as missed when the journal is full.
     *
     * @param fault copied as it is.
     */
    public void append(final FaultRecord fault) {
        final long count = file.getLong(JournalLayout.RECORDS);
        if (count == capacity) {
            file.putLongRelease(JournalLayout.MISSED, file.getLong(JournalLayout.MISSED) + 1);
            return;
        }
        record.wrap(file, JournalLayout.at((int) count)).copyFrom(fault);
        file.putLongRelease(JournalLayout.RECORDS, count + 1);
    }

    /**
     * How many faults it holds.
     *
     * @return 0 to its capacity.
     */
    public long recorded() {
        return file.getLongVolatile(JournalLayout.RECORDS);
    }

    /**
     * How many faults found it full.
     *
     * @return 0 if nothing is missing.
     */
    public long missed() {
        return file.getLongVolatile(JournalLayout.MISSED);
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        final int size = JournalLayout.size((int) recorded());
        file.wrap(0, 0); // a late access then fails its bounds check instead of the process
        mapped.releaseLast();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        } catch (final IOException refused) {
            throw new UncheckedIOException("The journal " + path + " can't be cut to its length: "
                    + refused.getMessage() + ".", refused);
        }
    }
}
