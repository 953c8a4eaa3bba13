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

package io.viommu.tlb;

import java.util.Arrays;
import java.util.function.Supplier;

/**
 * One thread's decoded configurations: those of the devices that it served last, each good until an invalidation drops
 * it from the {@link ConfigurationLog}. A look-up compares the whole key; devices that share a place take turns.
 *
 * <pre>{@code
 * if (!kept.find(device, pasid)) {
 *     read into kept.place(); if that went well:
 *     kept.keep(pasid, domain);
 * }
 * use kept.place()
 * }</pre>
 *
 * @param <C> what a configuration is decoded into; made once for each place, and filled over and over.
 */
public final class KeptConfigurations<C> {

    private static final long EMPTY = -1;

    /** Null if nothing is ever kept. */
    private final ConfigurationLog log;
    private final Object[] places;
    private final long[] keys;
    private final long[] tags;
    private final long[] epochs;
    private int at;
    private long key;
    private long sequence;

    /**
     * Makes places of nothing.
     *
     * @param log    tells what is dropped.
     * @param places how many; the next power of two is taken.
     * @param maker  makes what is kept in one place.
     */
    public KeptConfigurations(final ConfigurationLog log, final int places, final Supplier<C> maker) {
        this(maker, log, places);
    }

    private KeptConfigurations(final Supplier<C> maker, final ConfigurationLog log, final int places) {
        final int size = Integer.highestOneBit(Math.max(places, 2) - 1) << 1;
        this.log = log;
        this.places = new Object[size];
        this.keys = new long[size];
        this.tags = new long[size];
        this.epochs = new long[size];
        Arrays.setAll(this.places, place -> maker.get());
        forget();
    }

    /**
     * Makes one place that never holds anything, so that every look-up reads.
     *
     * @param <C>   what a configuration is decoded into.
     * @param maker makes it.
     * @return the place.
     */
    public static <C> KeptConfigurations<C> ofNothing(final Supplier<C> maker) {
        return new KeptConfigurations<>(maker, null, 1);
    }

    /**
     * Looks a configuration up. If it isn't there, the caller fills its {@link #place} and, once that went well, calls
     * {@link #keep}.
     *
     * @param device StreamID or requester id.
     * @param pasid  20 bits, or a negative number for none.
     * @return whether the place holds it.
     */
    public boolean find(final int device, final int pasid) {
        if (log == null) {
            return false;
        }
        final long sought = TranslationSlotLayout.deviceKey(device, pasid);
        final int candidate = (int) (sought * 0x9E37_79B9_7F4A_7C15L >>> 32) & keys.length - 1;
        final long now = log.sequence();
        at = candidate;
        key = sought;
        sequence = now;
        if (keys[candidate] != sought) {
            keys[candidate] = EMPTY;
            return false;
        }
        if (epochs[candidate] == now >>> 1 && (now & 1) == 0) {
            return true;
        }
        if (!log.admits(now, epochs[candidate], sought, tags[candidate])) {
            keys[candidate] = EMPTY;
            return false;
        }
        epochs[candidate] = now >>> 1;
        return true;
    }

    /**
     * The place that was looked up last.
     *
     * @return the first before any look-up.
     */
    @SuppressWarnings("unchecked") // only the maker's objects are in there
    public C place() {
        return (C) places[at];
    }

    /** Forgets all configurations, for a thread that notices that something else they depend on has changed. */
    public void forget() {
        Arrays.fill(keys, EMPTY);
    }

    /**
     * Keeps what the place that was looked up last was filled with. An invalidation that came since the look-up drops
     * it all the same.
     *
     * @param group  ASID or PASID that invalidations find it by, 20 bits.
     * @param domain VMID or domain id that invalidations find it by, 16 bits.
     */
    public void keep(final int group, final int domain) {
        if (log == null) {
            return;
        }
        keys[at] = key;
        tags[at] = (long) group << TranslationSlotLayout.GROUP_SHIFT & TranslationSlotLayout.GROUP
                | domain & TranslationSlotLayout.DOMAIN;
        epochs[at] = sequence >>> 1;
    }
}
