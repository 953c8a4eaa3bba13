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
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultRecord;

/** Looks at a journal that is complete, or whose writer is at it still. Used by one thread. */
public final class JournalReader implements AutoCloseable {

    private final MappedByteBuffer mapped;
    private final UnsafeBuffer file;
    private final int records;

    private JournalReader(final MappedByteBuffer mapped, final int records) {
        this.mapped = mapped;
        this.file = new UnsafeBuffer(mapped);
        this.records = records;
    }

    /**
     * Whether a file claims to be a journal: by its first eight bytes.
     *
     * @param path of the file.
     * @return false also for a shorter file.
     * @throws IOException if it can't be read.
     */
    public static boolean isJournal(final Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            return false; // nor is anything read of a pipe, which gives its bytes only once
        }
        try (InputStream input = Files.newInputStream(path)) {
            final byte[] magic = input.readNBytes(Long.BYTES);
            return magic.length == Long.BYTES
                    && ByteBuffer.wrap(magic).order(ByteOrder.LITTLE_ENDIAN).getLong() == JournalLayout.MAGIC_VALUE;
        }
    }

    /**
     * Opens a journal and takes the records that are whole now.
     *
     * @param path of the file.
     * @return the journal.
     * @throws IOException in one sentence, if it can't be read or isn't sound.
     */
    public static JournalReader open(final Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            final long size = channel.size();
            if (size < JournalLayout.HEADER || size > Integer.MAX_VALUE) {
                throw new IOException("a journal has 64 bytes to 2 GiB, not " + size);
            }
            final MappedByteBuffer mapped = channel.map(MapMode.READ_ONLY, 0, size);
            try {
                return new JournalReader(mapped, soundRecords(new UnsafeBuffer(mapped), size));
            } catch (final IOException unsound) {
                BufferUtil.free(mapped);
                throw unsound;
            }
        }
    }

    private static int soundRecords(final UnsafeBuffer header, final long size) throws IOException {
        if (header.getLongVolatile(JournalLayout.MAGIC) != JournalLayout.MAGIC_VALUE) {
            throw new IOException("it doesn't begin as a journal does");
        }
        final int version = header.getInt(JournalLayout.VERSION);
        if (version != JournalLayout.THIS_VERSION) {
            throw new IOException("its version is " + Integer.toUnsignedString(version) + "; this program reads "
                    + JournalLayout.THIS_VERSION);
        }
        if (header.getInt(JournalLayout.RECORD_LENGTH) != JournalLayout.RECORD
                || header.getInt(JournalLayout.HEADER_LENGTH) != JournalLayout.HEADER) {
            throw new IOException("its header or records don't have 64 bytes");
        }
        final long records = header.getLongVolatile(JournalLayout.RECORDS);
        final long room = (size - JournalLayout.HEADER) / JournalLayout.RECORD;
        if (records < 0 || records > room) {
            throw new IOException("it says it has " + Long.toUnsignedString(records) + " records, but is cut after "
                    + room);
        }
        return (int) records;
    }

    /**
     * How many faults there are.
     *
     * @return those that were whole when it was opened.
     */
    public int records() {
        return records;
    }

    /**
     * How many faults are missing, because the journal was full.
     *
     * @return a count.
     */
    public long missed() {
        return file.getLong(JournalLayout.MISSED);
    }

    /**
     * Looks at a fault.
     *
     * @param index 0 to {@link #records} - 1.
     * @param view  moved to it; to be read only, and only until {@link #close}.
     * @return the view.
     */
    public FaultRecord record(final int index, final FaultRecord view) {
        if (index < 0 || index >= records) {
            throw new IndexOutOfBoundsException("record " + index + " of " + records);
        }
        return view.wrap(file, JournalLayout.at(index));
    }

    @Override
    public void close() {
        file.wrap(0, 0);
        BufferUtil.free(mapped);
    }
}
