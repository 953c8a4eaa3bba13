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
package io.viommu.pipeline;

import java.util.concurrent.TimeUnit;

/**
 * How many faults each device may report: a token bucket for every device of every source, so that one that storms
 * can't take the room of the others. Belongs to one reader's thread.
 *
 * <p>A bucket is one number: the time at which it will be full again. Buckets are found by hashing; where the table is
 * crowded, devices share one.
 */
public final class FaultBudget {

    private static final int PROBES = 8;

    private final long nanosForOne;
    private final long nanosForBurst;
    private final long[] devices;
    private final long[] fullAt;
    private final boolean[] taken;

    private FaultBudget(final long nanosForOne, final long nanosForBurst, final int buckets) {
        this.nanosForOne = nanosForOne;
        this.nanosForBurst = nanosForBurst;
        this.devices = new long[buckets];
        this.fullAt = new long[buckets];
        this.taken = new boolean[buckets];
    }

    /**
     * No limit.
     *
     * @return lets everything pass.
     */
    public static FaultBudget unlimited() {
        return new FaultBudget(0, 0, 0);
    }

    /**
     * A limit for each device.
     *
     * @param perSecond faults per second in the long run, 1 to 1000000000.
     * @param burst     faults at once after a time of silence, 1 or more.
     * @param devices   how many devices have a bucket of their own; a power of two.
     * @return full buckets.
     */
    public static FaultBudget of(final long perSecond, final int burst, final int devices) {
        final long second = TimeUnit.SECONDS.toNanos(1);
        if (perSecond < 1 || perSecond > second) {
            throw new IllegalArgumentException("perSecond must be 1 to 1000000000, not " + perSecond + ".");
        }
        if (burst < 1) {
            throw new IllegalArgumentException("burst must be 1 or more, not " + burst + ".");
        }
        if (Integer.bitCount(devices) != 1 || devices < PROBES) {
            throw new IllegalArgumentException("devices must be a power of two from " + PROBES + " on, not " + devices
                    + ".");
        }
        return new FaultBudget(second / perSecond, second / perSecond * (burst - 1L), devices);
    }

    /**
     * Takes a token.
     *
     * @param source number of the source.
     * @param device the source's name of the device.
     * @param now    {@link System#nanoTime} scale; not before that of the call before.
     * @return false if the device has none left.
     */
    boolean take(final int source, final int device, final long now) {
        if (devices.length == 0) {
            return true;
        }
        final int bucket = bucket((long) source << Integer.SIZE | device & 0xFFFF_FFFFL, now);
        final long ahead = fullAt[bucket] - now;
        if (ahead > nanosForBurst) {
            return false;
        }
        fullAt[bucket] = (ahead > 0 ? fullAt[bucket] : now) + nanosForOne;
        return true;
    }

    private int bucket(final long device, final long now) {
        final int mask = devices.length - 1;
        final int home = (int) (device * 0x9E37_79B9_7F4A_7C15L >>> 40) & mask;
        for (int i = 0; i < PROBES; i++) {
            final int at = home + i & mask;
            if (!taken[at]) {
                taken[at] = true;
                devices[at] = device;
                fullAt[at] = now;
                return at;
            }
            if (devices[at] == device) {
                return at;
            }
        }
        return home;
    }
}
