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
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.JvmFlag;
import io.viommu.lifecycle.Worker;

/**
 * Agrona counters, copied behind a small header into a file that another process reads to watch them: ten times a
 * second, and when they are closed.
 *
 * <pre>
 *    0  u32  magic "VIOC"           16  u32  bytes of metadata
 *    4  u32  version, 1             20  u32  bytes of values
 *    8  u64  process id             24  u64  start, ms since the epoch
 *   64  metadata, then values, as org.agrona.concurrent.status.CountersReader describes them
 * </pre>
 *
 * <p>The counters themselves are memory of this process: a file that is cut, deleted or on a full disk is given up,
 * {@link #failure} says so, and counting goes on. The magic is written last, so a reader never sees half a file. Adding
 * a counter locks; counting doesn't. What is closed gives its counters back, so that things may come and go for ever.
 */
public final class CounterFile implements AutoCloseable {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    private static final System.Logger LOG = System.getLogger(CounterFile.class.getName());
    private static final int MAGIC = 0x434F_4956;
    private static final int VERSION = 1;
    private static final int HEADER = 64;
    private static final int MAX_COUNTERS = 2048;
    private static final int METADATA = MAX_COUNTERS * CountersReader.METADATA_LENGTH;
    private static final int VALUES = MAX_COUNTERS * CountersReader.COUNTER_LENGTH;
    private static final int LARGEST = HEADER + METADATA + VALUES;
    private static final int PERIOD_MILLIS = 100;
    /** A disk that doesn't answer holds up who closes for so long. */
    private static final int PATIENCE_MILLIS = 5000;
    /** The largest pid_t. */
    private static final long MOST_PROCESSES = Integer.MAX_VALUE;

    private final UnsafeBuffer metadata;
    private final UnsafeBuffer values;
    private final CountersManager counters;
    /** Groups whose owners have ended, the oldest first. */
    private final Deque<AtomicCounter[]> givenBack = new ArrayDeque<>();
    private final ReservedFile file;
    private final Worker writer;
    private final Closing closing = new Closing("file of counters");
    private byte[] written = new byte[0];
    private boolean failureLogged;

    private CounterFile(final ReservedFile file) {
        final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(METADATA + VALUES));
        this.metadata = new UnsafeBuffer(buffer, 0, METADATA);
        this.values = new UnsafeBuffer(buffer, METADATA, VALUES);
        this.counters = new CountersManager(metadata, values);
        this.file = file;
        this.writer = file == null ? null : new Worker("counters", this::write);
    }

    /**
     * Makes counters that only this process sees.
     *
     * @return no counters yet.
     */
    public static CounterFile inMemory() {
        return new CounterFile(null);
    }

    /**
     * Makes a file of counters, all of whose blocks are taken now; an older regular file of that name is replaced.
     *
     * @param path where.
     * @return no counters yet.
     * @throws java.io.UncheckedIOException in one sentence, if the file can't be made; nothing is left then.
     */
    public static CounterFile create(final Path path) {
        final CounterFile result = new CounterFile(ReservedFile.create(path, LARGEST));
        final UnsafeBuffer header = new UnsafeBuffer(new byte[HEADER]);
        header.putInt(4, VERSION);
        header.putLong(8, ProcessHandle.current().pid());
        header.putInt(16, METADATA);
        header.putInt(20, VALUES);
        header.putLong(24, System.currentTimeMillis());
        header.putInt(0, MAGIC);
        result.file.write(0, header.byteArray(), HEADER);
        result.writer.start();
        return result;
    }

    private void write() {
        while (!closing.begun()) {
            tryPublish();
            try {
                Thread.sleep(PERIOD_MILLIS);
            } catch (final InterruptedException hurry) {
                // close() wants the last values written
            }
        }
        tryPublish();
        file.close();
    }

    /** Whatever goes wrong, such as memory for the copy, may go right the next time. */
    private void tryPublish() {
        try {
            publish();
        } catch (final Throwable failed) {
            if (!failureLogged) {
                failureLogged = true;
                Worker.log(LOG, "counters can't be written at the moment", failed);
            }
        }
    }

    /** Copies the counters into the file now, if there is one, for a watcher who can't wait a tenth of a second. */
    public void publish() {
        if (file == null) {
            return;
        }
        synchronized (file) {
            final byte[] now = copy();
            final int labels = now.length / (CountersReader.METADATA_LENGTH + CountersReader.COUNTER_LENGTH)
                    * CountersReader.METADATA_LENGTH;
            if (Arrays.equals(now, written)) {
                return;
            }
            written = now;
            final byte[] last = Arrays.copyOfRange(now, labels, now.length);
            file.write((long) HEADER + METADATA, last, last.length); // before the labels: none is without its value
            file.write(HEADER, now, labels);
        }
    }

    /** The labels in use and their values; no counter changes its owner meanwhile. */
    private synchronized byte[] copy() {
        final int count = used();
        final int labels = count * CountersReader.METADATA_LENGTH;
        final byte[] now = new byte[labels + count * CountersReader.COUNTER_LENGTH];
        metadata.getBytes(0, now, 0, labels);
        values.getBytes(0, now, labels, now.length - labels);
        return now;
    }

    /** Counters that are or once were; the first record that never was ends them. */
    private int used() {
        int count = 0;
        while (count < MAX_COUNTERS
                && metadata.getIntVolatile(count * CountersReader.METADATA_LENGTH) != CountersReader.RECORD_UNUSED) {
            count++;
        }
        return count;
    }

    /**
     * Why the file isn't written any more.
     *
     * @return one sentence, or null if all is well.
     */
    public String failure() {
        return file == null ? null : file.failure();
    }

    /**
     * Adds a counter.
     *
     * @param label its name, at most 380 bytes.
     * @return the counter, at 0.
     * @throws IllegalStateException in one sentence, if there is no room for it or the file is closed.
     */
    public synchronized AtomicCounter add(final String label) {
        closing.check();
        while (counters.available() == 0 && !givenBack.isEmpty()) {
            free(givenBack.removeFirst());
        }
        if (counters.available() == 0) {
            throw new IllegalStateException("There is no room for the counter '" + label + "': all " + MAX_COUNTERS
                    + " are in use; close what they belong to.");
        }
        return counters.newCounter(label);
    }

    private void free(final AtomicCounter... group) {
        for (final AtomicCounter counter : group) {
            counters.free(counter.id());
        }
    }

    /** Adds several counters, or none. What was given back under the same names makes room first. */
    synchronized AtomicCounter[] take(final List<String> labels) {
        givenBack.removeIf(group -> {
            final boolean same = group.length == labels.size()
                    && labels.getFirst().equals(counters.getCounterLabel(group[0].id()));
            if (same) {
                free(group);
            }
            return same;
        });
        final AtomicCounter[] group = new AtomicCounter[labels.size()];
        int made = 0;
        try {
            while (made < group.length) {
                group[made] = add(labels.get(made));
                made++;
            }
            return group;
        } finally {
            if (made < group.length) {
                free(Arrays.copyOf(group, made));
            }
        }
    }

    /** Takes counters back that nobody counts with any more. They can be seen until their room is needed. */
    synchronized void giveBack(final AtomicCounter... group) {
        givenBack.addLast(group);
    }

    /**
     * Looks at all counters of this process.
     *
     * @param each takes label and value.
     */
    public synchronized void forEach(final BiConsumer<String, Long> each) {
        counters.forEach((id, label) -> each.accept(label, counters.getCounterValue(id)));
    }

    /**
     * Looks at all counters in a file that another process, or an earlier one, wrote.
     *
     * @param path the file.
     * @param each takes label and value; nothing of a damaged file.
     * @return the id of the process that wrote it.
     * @throws IllegalArgumentException in one sentence, if that isn't such a file or what it says can't be.
     */
    public static long read(final Path path, final BiConsumer<String, Long> each) {
        final byte[] bytes;
        try {
            bytes = ReservedFile.read(path, LARGEST);
        } catch (final IOException refused) {
            throw new IllegalArgumentException(path + " " + refused.getMessage(), refused);
        }
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        if (bytes.length < HEADER) {
            throw new IllegalArgumentException(path + " is not a file of viommu counters");
        }
        if (buffer.getInt(0) != MAGIC || buffer.getInt(4) != VERSION) {
            throw new IllegalArgumentException(path + " is not a file of viommu counters, version " + VERSION);
        }
        final int labels = buffer.getInt(16);
        final int figures = buffer.getInt(20);
        final int count = labels / CountersReader.METADATA_LENGTH;
        if (labels < 0 || figures < 0 || labels % CountersReader.METADATA_LENGTH != 0
                || figures != (long) count * CountersReader.COUNTER_LENGTH) {
            throw damaged(path, "it has " + labels + " bytes of labels and " + figures + " of values");
        }
        if ((long) HEADER + labels + figures > bytes.length) {
            throw new IllegalArgumentException(path + " is truncated: it has " + bytes.length + " of its "
                    + ((long) HEADER + labels + figures) + " bytes");
        }
        final long process = buffer.getLong(8);
        if (!isProcess(process)) {
            throw damaged(path, "its process is " + process);
        }
        final Map<Integer, String> found = labels(path, buffer, count);
        found.forEach((id, label) -> each.accept(label,
                buffer.getLong(HEADER + labels + id * CountersReader.COUNTER_LENGTH)));
        return process;
    }

    /** The counters in use by their numbers; the first record that never was ends them. */
    private static Map<Integer, String> labels(final Path path, final UnsafeBuffer buffer, final int count) {
        final Map<Integer, String> labels = new TreeMap<>();
        for (int id = 0; id < count; id++) {
            final int at = HEADER + id * CountersReader.METADATA_LENGTH;
            final int state = buffer.getInt(at);
            if (state == CountersReader.RECORD_UNUSED) {
                break;
            }
            if (state != CountersReader.RECORD_ALLOCATED && state != CountersReader.RECORD_RECLAIMED) {
                throw damaged(path, "counter " + id + " is in state " + state);
            }
            if (state == CountersReader.RECORD_ALLOCATED) {
                labels.put(id, label(path, buffer, at + CountersReader.LABEL_OFFSET, id));
            }
        }
        return labels;
    }

    private static String label(final Path path, final UnsafeBuffer buffer, final int at, final int id) {
        final int length = buffer.getInt(at);
        if (length < 0 || length > CountersReader.MAX_LABEL_LENGTH) {
            throw damaged(path, "the label of counter " + id + " has " + length + " bytes");
        }
        final String label = buffer.getStringWithoutLengthUtf8(at + Integer.BYTES, length);
        if (label.chars().anyMatch(Character::isISOControl)) {
            throw damaged(path, "the label of counter " + id + " has control characters");
        }
        return label;
    }

    static boolean isProcess(final long number) {
        return number > 0 && number <= MOST_PROCESSES;
    }

    private static IllegalArgumentException damaged(final Path path, final String statement) {
        return new IllegalArgumentException(path + " is damaged: it says that " + statement);
    }

    /** Writes the last values into the file, which stays. Counting goes on, in memory. */
    @Override
    public void close() {
        closing.close(() -> {
            if (writer != null) {
                writer.interrupt();
                Closing.join(writer, PATIENCE_MILLIS);
            }
        });
    }
}
