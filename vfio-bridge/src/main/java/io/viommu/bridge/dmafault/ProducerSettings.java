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
package io.viommu.bridge.dmafault;

/**
 * How a producer runs through its script.
 *
 * @param repeat       how many times, 1 or more.
 * @param rate         faults per second, or {@link #UNLIMITED}.
 * @param waitForSpace whether it waits while a ring is full, so that nothing is lost, instead of dropping the record as
 *                     the kernel does.
 * @param coalesce     whether it signals several records at once instead of each.
 */
public record ProducerSettings(long repeat, long rate, boolean waitForSpace, boolean coalesce) {

    /** As fast as it can. */
    public static final long UNLIMITED = 0;

    private static final long MAX_REPEAT = 1L << 40;
    private static final long MAX_RATE = 1_000_000_000;

    /** Checks the numbers. */
    public ProducerSettings {
        if (repeat < 1 || repeat > MAX_REPEAT) {
            throw new IllegalArgumentException("repeat must be 1 to " + MAX_REPEAT + ", not " + repeat + ".");
        }
        if (rate < 0 || rate > MAX_RATE) {
            throw new IllegalArgumentException("rate must be 0 (unlimited) to " + MAX_RATE
                    + " faults per second, not " + rate + ".");
        }
    }

    /**
     * Once, as fast as the consumer takes it, a signal for each fault: nothing is lost.
     *
     * @return the settings of a replay.
     */
    public static ProducerSettings paced() {
        return new ProducerSettings(1, UNLIMITED, true, false);
    }

    /**
     * Once, as fast as it can, dropping what finds a ring full: what the kernel does.
     *
     * @return the settings of a storm.
     */
    public static ProducerSettings likeTheKernel() {
        return new ProducerSettings(1, UNLIMITED, false, false);
    }

    /**
     * The same more than once.
     *
     * @param times how many times, 1 or more.
     * @return the settings.
     */
    public ProducerSettings repeat(final long times) {
        return new ProducerSettings(times, rate, waitForSpace, coalesce);
    }

    /**
     * The same at another rate.
     *
     * @param faultsPerSecond the rate, or {@link #UNLIMITED}.
     * @return the settings.
     */
    public ProducerSettings rate(final long faultsPerSecond) {
        return new ProducerSettings(repeat, faultsPerSecond, waitForSpace, coalesce);
    }

    /**
     * The same with or without coalesced signals.
     *
     * @param several whether one signal may stand for several records.
     * @return the settings.
     */
    public ProducerSettings coalesce(final boolean several) {
        return new ProducerSettings(repeat, rate, waitForSpace, several);
    }
}
