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

package io.viommu.fault;

import java.util.Objects;

/**
 * Finds the route of a fault by (source, device, PASID): the longest match wins, a route for the PASID before one for
 * the whole device. Lookups never lock or allocate; routes are added and removed while faults flow, each change by a
 * new table, which lookups see from the next fault on.
 */
public final class FaultRouter {

    private static final int ANY_PASID = FaultSink.NO_PASID;

    private volatile Table table = new Table(16);

    /** Makes a router without routes. */
    public FaultRouter() {
    }

    /**
     * Adds a route for a whole device, or replaces it.
     *
     * @param source     number of the source.
     * @param hostDevice the source's name of the device.
     * @param route      where its faults go.
     */
    public void add(final int source, final int hostDevice, final FaultRoute route) {
        change(source, hostDevice, ANY_PASID, Objects.requireNonNull(route, "route"));
    }

    /**
     * Adds a route for one PASID of a device, or replaces it.
     *
     * @param source     number of the source.
     * @param hostDevice the source's name of the device.
     * @param pasid      20 bits.
     * @param route      where its faults go.
     */
    public void add(final int source, final int hostDevice, final int pasid, final FaultRoute route) {
        if (pasid < 0 || pasid >= 1 << 20) {
            throw new IllegalArgumentException("pasid must be 0 to 0xfffff, not " + pasid);
        }
        change(source, hostDevice, pasid, Objects.requireNonNull(route, "route"));
    }

    /**
     * Removes the route of a whole device.
     *
     * @param source     number of the source.
     * @param hostDevice the source's name of the device.
     */
    public void remove(final int source, final int hostDevice) {
        change(source, hostDevice, ANY_PASID, null);
    }

    /**
     * Removes the route of one PASID.
     *
     * @param source     number of the source.
     * @param hostDevice the source's name of the device.
     * @param pasid      20 bits.
     */
    public void remove(final int source, final int hostDevice, final int pasid) {
        change(source, hostDevice, pasid, null);
    }

    /**
     * Finds the route of a fault.
     *
     * @param source     number of the source.
     * @param hostDevice the source's name of the device.
     * @param pasid      20 bits, or {@link FaultSink#NO_PASID}.
     * @return the route, or null if there is none.
     */
    public FaultRoute find(final int source, final int hostDevice, final int pasid) {
        final Table routes = table;
        if (pasid != ANY_PASID) {
            final FaultRoute route = routes.find(source, hostDevice, pasid);
            if (route != null) {
                return route;
            }
        }
        return routes.find(source, hostDevice, ANY_PASID);
    }

    private synchronized void change(final int source, final int device, final int pasid, final FaultRoute route) {
        if (source < 0 || source > 0xFFFF) {
            throw new IllegalArgumentException("source must be 0 to 65535, not " + source);
        }
        table = table.with(source, device, pasid, route);
    }

    /** An immutable open-addressed table, at most half full. */
    private static final class Table {
        private final long[] keys;
        private final int[] pasids;
        private final FaultRoute[] routes;
        private int size;

        Table(final int capacity) {
            keys = new long[capacity];
            pasids = new int[capacity];
            routes = new FaultRoute[capacity];
        }

        FaultRoute find(final int source, final int device, final int pasid) {
            final long key = key(source, device);
            final int mask = keys.length - 1;
            int at = hash(key, pasid) & mask;
            while (routes[at] != null) {
                if (keys[at] == key && pasids[at] == pasid) {
                    return routes[at];
                }
                at = at + 1 & mask;
            }
            return null;
        }

        Table with(final int source, final int device, final int pasid, final FaultRoute route) {
            final Table next = new Table(Integer.highestOneBit(size + 1) * 4);
            final long key = key(source, device);
            for (int i = 0; i < keys.length; i++) {
                if (routes[i] != null && (keys[i] != key || pasids[i] != pasid)) {
                    next.put(keys[i], pasids[i], routes[i]);
                }
            }
            if (route != null) {
                next.put(key, pasid, route);
            }
            return next;
        }

        private void put(final long key, final int pasid, final FaultRoute route) {
            final int mask = keys.length - 1;
            int at = hash(key, pasid) & mask;
            while (routes[at] != null) {
                at = at + 1 & mask;
            }
            keys[at] = key;
            pasids[at] = pasid;
            routes[at] = route;
            size++;
        }

        private static long key(final int source, final int device) {
            return (long) source << 32 | device & 0xFFFF_FFFFL;
        }

        private static int hash(final long key, final int pasid) {
            final long mixed = (key ^ (long) pasid << 13) * 0x9E37_79B9_7F4A_7C15L;
            return (int) (mixed >>> 32);
        }
    }
}
