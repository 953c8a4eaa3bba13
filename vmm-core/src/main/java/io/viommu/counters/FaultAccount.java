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

import org.agrona.concurrent.status.AtomicCounter;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutcome;

/** One counter for each way a fault can end, under a common name. Any thread may add. */
public final class FaultAccount {

    private static final FaultDisposition[] DISPOSITIONS = FaultDisposition.values();

    private final String name;
    private final AtomicCounter lost;
    private final AtomicCounter[] counters = new AtomicCounter[DISPOSITIONS.length];

    /**
     * Makes the counters, all at 0.
     *
     * @param file where they are kept.
     * @param name what they belong to: the vIOMMU or the reader.
     */
    public FaultAccount(final CounterFile file, final String name) {
        this.name = name;
        this.lost = file.add(name + " lost by the host");
        for (final FaultDisposition disposition : DISPOSITIONS) {
            final String label = disposition == FaultDisposition.DELIVERED
                    ? "delivered"
                    : disposition.outcome().text() + ": " + disposition.name().toLowerCase().replace('_', ' ');
            counters[disposition.ordinal()] = file.add(name + " " + label);
        }
    }

    /**
     * Counts faults that ended.
     *
     * @param disposition how.
     * @param count       how many.
     */
    public void add(final FaultDisposition disposition, final long count) {
        counters[disposition.ordinal()].getAndAdd(count);
    }

    /**
     * Counts faults that the host lost before anybody could read them. They never came, so they are not among those
     * that ended; the host's report of them is.
     *
     * @param count how many.
     */
    public void addLost(final long count) {
        lost.getAndAdd(count);
    }

    /**
     * How many faults the host said that it lost.
     *
     * @return since the start.
     */
    public long lost() {
        return lost.get();
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
        return counters[disposition.ordinal()].get();
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
        for (final AtomicCounter counter : counters) {
            sum += counter.get();
        }
        return sum;
    }
}
