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
package io.viommu.bridge.iommufd.nested;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

import io.viommu.bridge.iommufd.FaultQueue;
import io.viommu.bridge.iommufd.NestParent;
import io.viommu.bridge.iommufd.NestedTable;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.fault.FaultSink;
import io.viommu.iommu.NestedRequesters;

/**
 * The requesters of a virtual VT-d unit whose devices iommufd attaches: each PASID entry that the guest installs
 * becomes a nested table, attached to the PASID, or to the device for requests without one, in place of the one before.
 */
public final class IommufdRequesters implements NestedRequesters {

    private static final System.Logger LOG = System.getLogger(IommufdRequesters.class.getName());

    /** A device, and the tables of its PASIDs. */
    private record Requester(BoundDevice device, boolean pasids, Map<Integer, VtdTable> tables) {

        void attach(final int pasid, final NestedTable table) {
            if (pasid == FaultSink.NO_PASID) {
                device.attach(table.id());
            } else {
                device.attachPasid(pasid, table.id());
            }
        }

        void detach(final int pasid) {
            if (pasid == FaultSink.NO_PASID) {
                device.detach();
            } else {
                device.detachPasid(pasid);
            }
        }
    }

    private final NestParent parent;
    private final FaultQueue faults;
    private final Map<Integer, Requester> requesters = new ConcurrentHashMap<>();
    /** Installed tables whose invalidations wait. */
    private final Set<VtdTable> stale = new LinkedHashSet<>();

    /**
     * Makes an empty set.
     *
     * @param parent the second stage that all stand on.
     * @param faults takes page requests, or null if nobody asks for them.
     */
    public IommufdRequesters(final NestParent parent, final FaultQueue faults) {
        this.parent = parent;
        this.faults = faults;
    }

    /**
     * Adds a device; its DMA is blocked until the guest installs an entry for it.
     *
     * @param requester what the guest calls it.
     * @param device    the device.
     * @param pasids    whether it can use PASIDs.
     */
    public void add(final int requester, final BoundDevice device, final boolean pasids) {
        if (requesters.putIfAbsent(requester, new Requester(device, pasids, new HashMap<>())) != null) {
            throw new IllegalArgumentException(
                    "The requester id 0x" + Integer.toHexString(requester) + " has a device already.");
        }
    }

    /**
     * Takes a device away; its DMA is blocked. The kernel answers what it had asked for.
     *
     * @param requester what the guest calls it.
     */
    public synchronized void remove(final int requester) {
        final Requester device = requesters.remove(requester);
        if (device != null) {
            block(device);
        }
    }

    /** Blocks the DMA of all devices: nothing is installed any more. */
    synchronized void blockAll() {
        requesters.values().forEach(this::block);
    }

    /** PASIDs go first: they depend on what the device itself is attached to. */
    private void block(final Requester device) {
        device.tables.keySet().stream().sorted((a, b) -> Integer.compare(b, a)).toList()
                .forEach(pasid -> remove(device, pasid));
    }

    @Override
    public boolean owns(final int requester) {
        return requesters.containsKey(requester);
    }

    @Override
    public void forEach(final IntConsumer action) {
        requesters.keySet().forEach(action::accept);
    }

    @Override
    public synchronized boolean install(final int requester, final int pasid, final long table, final int width,
            final long flags) {
        final Requester device = requesters.get(requester);
        if (device == null) {
            return false;
        }
        NestedTable made = null;
        try {
            made = parent.nestedVtd(device.device.id(), table, width, flags, faults, device.pasids);
            device.attach(pasid, made);
        } catch (final LinuxException refused) {
            LOG.log(System.Logger.Level.WARNING, "The PASID entry of requester 0x" + Integer.toHexString(requester)
                    + " is not taken, its requests are blocked: " + refused.getMessage());
            if (made != null) {
                release(made::close);
            }
            remove(device, pasid);
            return false;
        }
        final VtdTable old = device.tables.put(pasid, new VtdTable(made, requester, pasid));
        if (old != null) {
            destroy(old);
        }
        return true;
    }

    /** What waited for it is done by that. */
    private void destroy(final VtdTable table) {
        stale.remove(table);
        release(table::close);
    }

    @Override
    public synchronized void remove(final int requester, final int pasid) {
        final Requester device = requesters.get(requester);
        if (device != null) {
            remove(device, pasid);
        }
    }

    private void remove(final Requester device, final int pasid) {
        final VtdTable table = device.tables.remove(pasid);
        if (table != null) {
            release(() -> device.detach(pasid));
            destroy(table);
        }
    }

    /** A device that has vanished refuses its detaching too; the rest must be let go all the same. */
    private static void release(final Runnable step) {
        try {
            step.run();
        } catch (final LinuxException refused) {
            LOG.log(System.Logger.Level.WARNING, refused.getMessage());
        }
    }

    @Override
    public synchronized boolean invalidate(final int requester, final int pasid, final long address, final long pages,
            final boolean leafOnly) {
        final Requester device = requesters.get(requester);
        final VtdTable table = device == null ? null : device.tables.get(pasid);
        if (table == null || !VtdTable.sound(address, pages)) {
            return false;
        }
        stale.add(table);
        table.add(address, pages, leafOnly);
        if (table.waiting() == VtdTable.CAPACITY) {
            send(table);
        }
        return true;
    }

    @Override
    public synchronized void settle() {
        if (!stale.isEmpty()) {
            List.copyOf(stale).forEach(this::send);
            stale.clear();
        }
    }

    /** What the hardware goes on using although the guest has given it up must not be used by the device. */
    private void send(final VtdTable table) {
        if (!table.send()) {
            LOG.log(System.Logger.Level.WARNING, "The hardware keeps translations of requester 0x"
                    + Integer.toHexString(table.requester()) + " that the guest has given up; they are blocked.");
            remove(table.requester(), table.pasid());
        }
    }
}
