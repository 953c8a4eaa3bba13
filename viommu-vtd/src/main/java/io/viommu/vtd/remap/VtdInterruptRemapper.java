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

package io.viommu.vtd.remap;

import io.viommu.fault.FaultOutlet;
import io.viommu.interrupt.InterruptRoute;
import io.viommu.interrupt.InterruptSink;
import io.viommu.interrupt.MessagesUnderWay;
import io.viommu.interrupt.RouteList;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.memory.GuestMemory;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.fault.FaultReporter;
import io.viommu.vtd.register.RemappingState;

/**
 * The unit as interrupt messages of devices and IOAPICs see it. Any number of threads may send at once; the registers
 * are put into effect by the vCPU thread whose command they obey.
 */
public final class VtdInterruptRemapper implements InterruptRemapper {

    private final InterruptSink interrupts;
    private final ThreadLocal<Sender> senders;
    private final MessagesUnderWay underWay = new MessagesUnderWay();
    private final RouteList routes;
    private volatile InterruptContext context;

    /**
     * Makes a remapper.
     *
     * @param memory     holds the interrupt remapping table.
     * @param interrupts takes messages to the local APICs.
     * @param faults     takes faults.
     * @param registers  the registers in effect.
     */
    public VtdInterruptRemapper(final GuestMemory memory, final InterruptSink interrupts, final FaultOutlet faults,
            final InterruptContext registers) {
        this.interrupts = interrupts;
        this.context = registers;
        this.senders = ThreadLocal.withInitial(() -> new Sender(memory, faults));
        final InterruptWalk walk = new InterruptWalk(memory);
        final VtdFault ignored = new VtdFault();
        this.routes = new RouteList(route -> resolve(walk, ignored, route));
    }

    /** A fault is not reported, for nothing was sent; what would be posted is more than a message. */
    private void resolve(final InterruptWalk walk, final VtdFault fault, final InterruptRoute route) {
        final int outcome = walk.resolve(context, route.requesterId(), route.address(), route.data(), fault);
        if (outcome == VtdFault.NONE && walk.delivers()) {
            route.resolved(walk.address(), walk.data());
        } else {
            route.unresolved();
        }
    }

    /**
     * Messages that the VMM has delivered without asking here.
     *
     * @return the routes, resolved by the entries as they are.
     */
    public RouteList routes() {
        return routes;
    }

    /**
     * Puts into effect what the guest has latched and switched. Messages that come when this has returned go by it;
     * {@link #quiesce} waits for those that came before.
     *
     * @param state what is in force.
     */
    public synchronized void follow(final RemappingState state) {
        context = context.with(state);
    }

    @Override
    public boolean deviceMessage(final int requesterId, final long address, final int data) {
        final int counted = underWay.enter();
        try {
            return senders.get().send(requesterId, address, data);
        } finally {
            underWay.leave(counted);
        }
    }

    /**
     * Whether the calling thread sends a message just now, so that this is the guest's handler of it.
     *
     * @return true from within {@link #deviceMessage}.
     */
    public boolean sending() {
        return underWay.sending();
    }

    /**
     * Waits until the messages that are under way have been delivered or blocked, so that none uses an entry that the
     * guest invalidated before (VT-d 6.5.5). Not for those of the calling thread: a message whose delivery makes the
     * guest write a register at once has been remapped already.
     *
     * @param nanos how long at most; 0 to look only, {@link Long#MAX_VALUE} for ever.
     * @return false if some may not have ended.
     */
    public boolean quiesce(final long nanos) {
        return underWay.quiesce(nanos);
    }

    /** One thread's means of sending. */
    private final class Sender {
        private final InterruptWalk walk;
        private final VtdFault fault = new VtdFault();
        private final FaultReporter reporter;

        Sender(final GuestMemory memory, final FaultOutlet faults) {
            walk = new InterruptWalk(memory);
            reporter = new FaultReporter(faults);
        }

        boolean send(final int requester, final long address, final int data) {
            if (walk.walk(context, requester, address, data, fault) == VtdFault.NONE) {
                return !walk.delivers() || interrupts.message(walk.address(), walk.data());
            }
            if (!fault.suppressed()) {
                reporter.reportInterrupt(walk.index(), requester, fault.reason());
            }
            return false;
        }
    }
}
