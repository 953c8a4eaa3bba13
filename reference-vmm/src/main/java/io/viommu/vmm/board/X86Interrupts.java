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

package io.viommu.vmm.board;

import io.viommu.bridge.linux.EventFd;
import io.viommu.interrupt.InterruptRoute;
import io.viommu.interrupt.InterruptRoutes;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.vmm.kvm.KvmVm;

/**
 * The local APICs of KVM as models and devices reach them: by messages, and for each vector of a device by an irqfd
 * whose route the vIOMMU resolves.
 */
final class X86Interrupts implements InterruptSink {

    private final KvmVm vm;
    private InterruptRemapper remapper;
    private InterruptRoutes resolver;

    X86Interrupts(final KvmVm vm) {
        this.vm = vm;
    }

    /** Puts a vIOMMU in front of the devices; before any route is opened. */
    void connect(final GuestIommu iommu) {
        remapper = iommu.remapper();
        resolver = iommu.routes();
    }

    @Override
    public boolean message(final long address, final int data) {
        return vm.signalMsi(address, data, KvmVm.NO_DEVICE);
    }

    @Override
    public void line(final int line, final boolean level) {
        // models of x86 have no wires
    }

    /** Sends a device's message, or an IOAPIC's, through remapping if there is any; false if it is blocked. */
    boolean deviceMessage(final int requester, final long address, final int data) {
        return remapper == null ? message(address, data) : remapper.deviceMessage(requester, address, data);
    }

    /** A way for one vector of a device. */
    MsiRoute open(final int requester) {
        return new Route(requester);
    }

    /** While the message is resolved an eventfd sends it; else each goes through the remapper, which says why not. */
    private final class Route implements MsiRoute, InterruptRoute {
        private final int requester;
        private final int gsi = vm.routes().allocate();
        private final EventFd event = EventFd.create();
        private volatile long address;
        private volatile int data;
        private boolean direct;

        Route(final int requester) {
            this.requester = requester;
            vm.irqfd(event, gsi, true);
        }

        @Override
        public int requesterId() {
            return requester;
        }

        @Override
        public long address() {
            return address;
        }

        @Override
        public int data() {
            return data;
        }

        @Override
        public void point(final long to, final int what) {
            address = to;
            data = what;
            if (resolver != null) {
                resolver.add(this);
            } else {
                resolved(to, what);
                settled();
            }
        }

        @Override
        public synchronized void resolved(final long to, final int what) {
            vm.routes().message(gsi, to, what, KvmVm.NO_DEVICE);
            direct = true;
        }

        @Override
        public synchronized void unresolved() {
            vm.routes().clear(gsi);
            direct = false;
        }

        @Override
        public void settled() {
            vm.routes().commit();
        }

        @Override
        public void clear() {
            if (resolver != null) {
                resolver.remove(this);
            }
            unresolved();
            settled();
        }

        @Override
        public void fire() {
            if (!signal()) {
                deviceMessage(requester, address, data);
            }
        }

        private synchronized boolean signal() {
            if (direct) {
                event.signal(1);
            }
            return direct;
        }

        @Override
        public void close() {
            if (resolver != null) {
                resolver.remove(this);
            }
            vm.irqfd(event, gsi, false);
            event.close();
        }
    }
}
