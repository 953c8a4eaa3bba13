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

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutcome;

/**
 * One counter for each way a fault can end, under a common name. Any thread may add. Once closed it keeps its figures,
 * and goes on counting what comes late, but is in the file no more.
 */
public final class FaultAccount implements AutoCloseable {

    private static final FaultDisposition[] DISPOSITIONS = FaultDisposition.values();
    private static final int LOST = 0;
    private static final int FIRST = 1;

    private final String name;
    private final CounterGroup counters;

    /**
     * Makes the counters, all at 0.
     *
     * @param file where they are kept.
     * @param name what they belong to: the vIOMMU or the reader.
     * @throws IllegalStateException in one sentence, if the file has no room for them.
     */
    public FaultAccount(final CounterFile file, final String name) {
        this.name = name;
        final List<String> labels = new ArrayList<>(List.of(name + " lost by the host"));
        for (final FaultDisposition disposition : DISPOSITIONS) {
            labels.add(name + " " + (disposition == FaultDisposition.DELIVERED
                    ? "delivered"
                    : disposition.outcome().text() + ": "
                            + disposition.name().toLowerCase(Locale.ROOT).replace('_', ' ')));
        }
        this.counters = new CounterGroup(file, labels);
    }

    /**
     * Counts faults that ended, by a thread that counts nothing more when this is closed.
     *
     * @param disposition how.
     * @param count       how many.
     */
    public void add(final FaultDisposition disposition, final long count) {
        counters.add(FIRST + disposition.ordinal(), count);
    }

    /**
     * Counts a fault that came too late or too many, by anybody at any time.
     *
     * @param disposition how it ended.
     */
    public void addLate(final FaultDisposition disposition) {
        counters.addLate(FIRST + disposition.ordinal(), 1);
    }

    /**
     * Counts faults that the host lost before anybody could read them. They never came, so they are not among those
     * that ended; the host's report of them is.
     *
     * @param count how many.
     */
    public void addLost(final long count) {
        counters.add(LOST, count);
    }

    /**
     * How many faults the host said that it lost.
     *
     * @return since the start.
     */
    public long lost() {
        return counters.get(LOST);
    }

    /**
     * What the counters belong to.
     *
     * @return the vIOMMU or the reader.
     */
    public String name() {
        return name;
    }

    /**
     * How many ended so.
     *
     * @param disposition how.
     * @return since the start.
     */
    public long count(final FaultDisposition disposition) {
        return counters.get(FIRST + disposition.ordinal());
    }

    /**
     * How many ended so, whatever the reason.
     *
     * @param outcome how.
     * @return since the start.
     */
    public long count(final FaultOutcome outcome) {
        long sum = 0;
        for (final FaultDisposition disposition : DISPOSITIONS) {
            if (disposition.outcome() == outcome) {
                sum += count(disposition);
            }
        }
        return sum;
    }

    /**
     * How many ended at all.
     *
     * @return since the start.
     */
    public long settled() {
        long sum = 0;
        for (final FaultDisposition disposition : DISPOSITIONS) {
            sum += count(disposition);
        }
        return sum;
    }

    /** Gives the counters back to the file, which shows their last values until it needs the room. */
    @Override
    public void close() {
        counters.close();
    }
}
