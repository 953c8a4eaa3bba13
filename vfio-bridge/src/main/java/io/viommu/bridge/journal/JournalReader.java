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

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultRecord;

/**
 * Looks at a journal that is complete, or whose writer is at it still. It is read in parts, never mapped: somebody who
 * cuts it meanwhile makes an exception. Used by one thread.
 */
public final class JournalReader implements AutoCloseable {

    private static final int WINDOW = 1024;

    private final RandomAccessFile file;
    private final int records;
    private final long missed;
    private final byte[] bytes = new byte[WINDOW * JournalLayout.RECORD];
    private final UnsafeBuffer window = new UnsafeBuffer(
            BufferUtil.allocateDirectAligned(bytes.length, JournalLayout.RECORD));
    private int first;
    private int count;

    private JournalReader(final RandomAccessFile file, final int records, final long missed) {
        this.file = file;
        this.records = records;
        this.missed = missed;
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
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (!Files.isReadable(path)) {
            throw new AccessDeniedException(path.toString());
        }
        final RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
        try {
            final long size = file.length();
            if (size < JournalLayout.HEADER || size > Integer.MAX_VALUE) {
                throw new IOException("a journal has 64 bytes to 2 GiB, not " + size);
            }
            final byte[] bytes = new byte[JournalLayout.HEADER];
            file.readFully(bytes);
            final UnsafeBuffer header = new UnsafeBuffer(bytes);
            final int records = soundRecords(header, size);
            final long missed = header.getLong(JournalLayout.MISSED);
            if (missed < 0) {
                throw new IOException("it says that it missed " + Long.toUnsignedString(missed) + " records");
            }
            return new JournalReader(file, records, missed);
        } catch (final IOException unsound) {
            file.close();
            throw unsound;
        }
    }

    private static int soundRecords(final UnsafeBuffer header, final long size) throws IOException {
        if (header.getLong(JournalLayout.MAGIC) != JournalLayout.MAGIC_VALUE) {
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
        final long records = header.getLong(JournalLayout.RECORDS);
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
        return missed;
    }

    /**
     * Looks at a fault.
     *
     * @param index 0 to {@link #records} - 1.
     * @param view  moved to it; to be read only, and only until the next call.
     * @return the view.
     * @throws UncheckedIOException in one sentence, if it can't be read any more.
     */
    public FaultRecord record(final int index, final FaultRecord view) {
        if (index < 0 || index >= records) {
            throw new IndexOutOfBoundsException("record " + index + " of " + records);
        }
        if (index < first || index >= first + count) {
            read(index);
        }
        return view.wrap(window, (index - first) * JournalLayout.RECORD);
    }

    private void read(final int index) {
        final int wanted = Math.min(WINDOW, records - index) * JournalLayout.RECORD;
        int have = 0;
        count = 0;
        try {
            file.seek(JournalLayout.at(index));
            for (int read = 0; have < wanted && read >= 0; have += Math.max(0, read)) {
                read = file.read(bytes, have, wanted - have);
            }
            if (have < JournalLayout.RECORD) {
                throw new EOFException("it was cut while it was read, at record " + (index + 1));
            }
        } catch (final IOException broken) {
            throw new UncheckedIOException(broken.getMessage(), broken);
        }
        window.putBytes(0, bytes, 0, have);
        first = index;
        count = have / JournalLayout.RECORD;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (final IOException ignored) {
            // it was only read
        }
    }
}
