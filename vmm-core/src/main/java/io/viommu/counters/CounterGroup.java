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
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * Counters of one owner in a {@link CounterFile}, given back together when the owner ends. From then on they are kept
 * in memory of their own: they have the values that they had, and go on counting.
 */
public final class CounterGroup implements AutoCloseable {

    private final CounterFile file;
    private volatile AtomicCounter[] counters;
    private boolean closed;

    /**
     * Makes the counters, all at 0.
     *
     * @param file   where they are kept.
     * @param labels the names, at most 380 bytes each.
     * @throws IllegalStateException in one sentence, if the file has no room for them; none is left then.
     */
    public CounterGroup(final CounterFile file, final List<String> labels) {
        this.file = file;
        this.counters = file.take(labels);
    }

    /**
     * Counts, by those who have ended, or count nothing more, when the group is closed.
     *
     * @param index of the label.
     * @param count how many.
     */
    public void add(final int index, final long count) {
        counters[index].getAndAdd(count);
    }

    /**
     * Counts, by anybody at any time.
     *
     * @param index of the label.
     * @param count how many.
     */
    public synchronized void addLate(final int index, final long count) {
        counters[index].getAndAdd(count);
    }

    /**
     * A value.
     *
     * @param index of the label.
     * @return since the start.
     */
    public long get(final int index) {
        return counters[index].get();
    }

    /** Gives the counters back. The file shows their last values until it needs the room. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        final AtomicCounter[] shown = counters;
        final UnsafeBuffer own = new UnsafeBuffer(
                ByteBuffer.allocateDirect(shown.length * CountersReader.COUNTER_LENGTH));
        final AtomicCounter[] kept = new AtomicCounter[shown.length];
        for (int i = 0; i < shown.length; i++) {
            kept[i] = new AtomicCounter(own, i);
            kept[i].set(shown[i].get());
        }
        counters = kept;
        file.giveBack(shown);
    }
}
