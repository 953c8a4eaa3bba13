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

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;

import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

/**
 * Agrona counters behind a small header, in a file that another process maps to watch them.
 *
 * <pre>
 *    0  u32  magic "VIOC"           16  u32  bytes of metadata
 *    4  u32  version, 1             20  u32  bytes of values
 *    8  u64  process id             24  u64  start, ms since the epoch
 *   64  metadata, then values, as org.agrona.concurrent.status.CountersReader describes them
 * </pre>
 *
 * <p>The magic is written last, so a reader never sees half a file. Adding a counter locks; counting doesn't. What is
 * closed gives its counters back, so that things may come and go for ever.
 */
public final class CounterFile implements AutoCloseable {

    private static final int MAGIC = 0x434F_4956;
    private static final int VERSION = 1;
    private static final int HEADER = 64;
    private static final int MAX_COUNTERS = 2048;
    private static final int METADATA = MAX_COUNTERS * CountersReader.METADATA_LENGTH;
    private static final int VALUES = MAX_COUNTERS * CountersReader.COUNTER_LENGTH;

    private final MappedByteBuffer mapped;
    private final CountersManager counters;
    /** Groups whose owners have ended, the oldest first. */
    private final Deque<AtomicCounter[]> givenBack = new ArrayDeque<>();

    private CounterFile(final MappedByteBuffer mapped, final UnsafeBuffer buffer) {
        this.mapped = mapped;
        this.counters = new CountersManager(new UnsafeBuffer(buffer, HEADER, METADATA),
                new UnsafeBuffer(buffer, HEADER + METADATA, VALUES));
    }

    /**
     * Makes counters that only this process sees.
     *
     * @return no counters yet.
     */
    public static CounterFile inMemory() {
        return new CounterFile(null, new UnsafeBuffer(ByteBuffer.allocateDirect(HEADER + METADATA + VALUES)));
    }

    /**
     * Makes a file of counters; an older one of that name is replaced.
     *
     * @param path where.
     * @return no counters yet.
     */
    public static CounterFile create(final Path path) {
        final File file = path.toFile();
        IoUtil.deleteIfExists(file);
        final MappedByteBuffer mapped = IoUtil.mapNewFile(file, HEADER + METADATA + VALUES);
        final UnsafeBuffer buffer = new UnsafeBuffer(mapped);
        buffer.putInt(4, VERSION);
        buffer.putLong(8, ProcessHandle.current().pid());
        buffer.putInt(16, METADATA);
        buffer.putInt(20, VALUES);
        buffer.putLong(24, System.currentTimeMillis());
        final CounterFile result = new CounterFile(mapped, buffer);
        buffer.putIntVolatile(0, MAGIC);
        return result;
    }

    /**
     * Adds a counter.
     *
     * @param label its name, at most 380 bytes.
     * @return the counter, at 0.
     * @throws IllegalStateException in one sentence, if there is no room for it.
     */
    public synchronized AtomicCounter add(final String label) {
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
    public void forEach(final BiConsumer<String, Long> each) {
        counters.forEach((id, label) -> each.accept(label, counters.getCounterValue(id)));
    }

    /**
     * Looks at all counters in a file that another process, or an earlier one, wrote.
     *
     * @param path the file.
     * @param each takes label and value.
     * @return the id of the process that wrote it.
     * @throws IllegalArgumentException in one sentence, if that isn't such a file.
     */
    public static long read(final Path path, final BiConsumer<String, Long> each) {
        if (!Files.isReadable(path)) {
            throw new IllegalArgumentException(path + " can't be read");
        }
        if (path.toFile().length() < HEADER) {
            throw new IllegalArgumentException(path + " is not a file of viommu counters");
        }
        final MappedByteBuffer mapped = IoUtil.mapExistingFile(path.toFile(), "counters");
        try {
            final UnsafeBuffer buffer = new UnsafeBuffer(mapped);
            if (buffer.getIntVolatile(0) != MAGIC || buffer.getInt(4) != VERSION) {
                throw new IllegalArgumentException(path + " is not a file of viommu counters, version " + VERSION);
            }
            final int metadata = buffer.getInt(16);
            final int values = buffer.getInt(20);
            if (metadata < 0 || values < 0 || (long) HEADER + metadata + values > buffer.capacity()) {
                throw new IllegalArgumentException(path + " is truncated");
            }
            final CountersReader reader = new CountersReader(new UnsafeBuffer(buffer, HEADER, metadata),
                    new UnsafeBuffer(buffer, HEADER + metadata, values));
            reader.forEach((id, label) -> each.accept(label, reader.getCounterValue(id)));
            return buffer.getLong(8);
        } finally {
            IoUtil.unmap(mapped);
        }
    }

    /** Unmaps the file, which stays for who wants to read the last values. No counter may be used afterwards. */
    @Override
    public void close() {
        if (mapped != null) {
            IoUtil.unmap(mapped);
        }
    }
}
