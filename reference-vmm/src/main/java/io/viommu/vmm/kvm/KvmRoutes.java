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

package io.viommu.vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import io.viommu.vmm.kvm.KvmLayouts.Routing;
import io.viommu.vmm.kvm.KvmLayouts.RoutingEntry;

/**
 * The table that says where an interrupt goes that an eventfd raises: a number (GSI) each, with a message or a pin of a
 * controller in the kernel. KVM takes the whole table at once, so a change is seen entirely or not at all, by what is
 * raised after {@link #commit}.
 */
public final class KvmRoutes {

    /** What the kernel takes on every architecture. */
    private static final int MOST = 4096;

    private final KvmVm vm;
    private final List<Route> routes = new ArrayList<>();
    private boolean changed;

    /** Where a number leads; null in the list for one that leads nowhere. */
    private record Route(int type, long address, int data, int device) {
        static Route pin(final int controller, final int pin) {
            return new Route(RoutingEntry.TYPE_IRQCHIP, controller, pin, KvmVm.NO_DEVICE);
        }
    }

    KvmRoutes(final KvmVm vm) {
        this.vm = vm;
    }

    /**
     * Takes the next number.
     *
     * @return a GSI that leads nowhere yet.
     */
    public synchronized int allocate() {
        if (routes.size() == MOST) {
            throw new IllegalStateException("KVM has no more than " + MOST + " interrupt routes");
        }
        routes.add(null);
        return routes.size() - 1;
    }

    /**
     * Leads a number to a message.
     *
     * @param gsi     the number.
     * @param address the doorbell, as {@link KvmVm#signalMsi} takes it.
     * @param data    the 32 bits written.
     * @param device  the sender's DeviceID, or {@link KvmVm#NO_DEVICE}.
     */
    public synchronized void message(final int gsi, final long address, final int data, final int device) {
        put(gsi, new Route(RoutingEntry.TYPE_MSI, address, data, device));
    }

    /**
     * Leads a number to a pin.
     *
     * @param gsi        the number.
     * @param controller KVM_IRQCHIP_*.
     * @param pin        the controller's input.
     */
    public synchronized void pin(final int gsi, final int controller, final int pin) {
        put(gsi, Route.pin(controller, pin));
    }

    /**
     * Leads a number nowhere.
     *
     * @param gsi the number.
     */
    public synchronized void clear(final int gsi) {
        put(gsi, null);
    }

    private void put(final int gsi, final Route route) {
        final Route before = routes.set(gsi, route);
        changed |= before == null ? route != null : !before.equals(route);
    }

    /** Gives the table to KVM, if anything has changed. */
    public synchronized void commit() {
        if (!changed) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment table = arena.allocate(Routing.LENGTH + (long) routes.size() * RoutingEntry.LENGTH,
                    Long.BYTES);
            int entries = 0;
            for (int gsi = 0; gsi < routes.size(); gsi++) {
                if (routes.get(gsi) != null) {
                    fill(table.asSlice(Routing.LENGTH + (long) entries++ * RoutingEntry.LENGTH, RoutingEntry.LENGTH),
                            gsi,
                            routes.get(gsi));
                }
            }
            table.set(Native.INT, Routing.NR, entries);
            vm.call("KVM_SET_GSI_ROUTING", KvmRequest.SET_GSI_ROUTING, table);
            changed = false;
        }
    }

    private static void fill(final MemorySegment entry, final int gsi, final Route route) {
        entry.set(Native.INT, RoutingEntry.GSI, gsi);
        entry.set(Native.INT, RoutingEntry.TYPE, route.type());
        if (route.type() == RoutingEntry.TYPE_IRQCHIP) {
            entry.set(Native.INT, RoutingEntry.IRQCHIP_IRQCHIP, (int) route.address());
            entry.set(Native.INT, RoutingEntry.IRQCHIP_PIN, route.data());
            return;
        }
        entry.set(Native.INT, RoutingEntry.MSI_ADDRESS_LO, (int) route.address());
        entry.set(Native.INT, RoutingEntry.MSI_ADDRESS_HI, (int) (route.address() >>> Integer.SIZE));
        entry.set(Native.INT, RoutingEntry.MSI_DATA, route.data());
        if (route.device() != KvmVm.NO_DEVICE) {
            entry.set(Native.INT, RoutingEntry.FLAGS, RoutingEntry.FLAG_DEVID);
            entry.set(Native.INT, RoutingEntry.MSI_DEVID, route.device());
        }
    }
}
