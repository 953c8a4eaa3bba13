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

package io.viommu.vmm.qtest;

import io.viommu.vmm.machine.AttachedIommu;
import io.viommu.vmm.machine.Board;
import io.viommu.vmm.machine.InterruptLog;
import io.viommu.vmm.machine.Machine;
import io.viommu.vmm.machine.MachineSpec;

/**
 * The machine behind the door, which a client may replace, and its clock. The qtest session and the monitors share it;
 * each holds its lock while it does one command.
 */
final class Door implements AutoCloseable {

    private final String architecture;
    private Machine machine;
    private InterruptLog.WireListener wires;
    private long clock;

    /** A door without a machine yet; an empty architecture stands for all. */
    Door(final String architecture) {
        this.architecture = architecture;
    }

    String architecture() {
        return architecture;
    }

    /** Puts a fresh machine in place of the present one, which stays if that can't be. */
    synchronized void replace(final MachineSpec spec, final boolean assignPci) {
        final Machine fresh = build(spec);
        close();
        machine = fresh;
        clock = 0;
        if (assignPci) {
            machine.assignPci();
        }
        if (wires != null) {
            machine.interrupts().watch(wires);
        }
    }

    private static Machine build(final MachineSpec spec) {
        try {
            return Machine.build(spec);
        } catch (final IllegalArgumentException impossible) {
            throw new Refusal(impossible.getMessage());
        }
    }

    /** The present machine. */
    synchronized Machine machine() {
        if (machine == null) {
            throw new Refusal("there is no machine yet; start with -machine or send viommu_machine");
        }
        return machine;
    }

    /** The present machine's IOMMU. */
    AttachedIommu iommu() {
        final AttachedIommu iommu = machine().iommu();
        if (iommu == null) {
            throw new Refusal("this machine has no IOMMU");
        }
        return iommu;
    }

    Board board() {
        return machine().spec().board();
    }

    /** Resets the machine, if there is one, as a power cycle that keeps RAM does. */
    synchronized void reset() {
        if (machine != null) {
            machine.reset();
        }
    }

    /** Lets somebody watch the wires of this machine and of those that replace it. */
    synchronized void watch(final InterruptLog.WireListener watcher) {
        wires = watcher;
        machine().interrupts().watch(watcher);
    }

    synchronized long clock() {
        return clock;
    }

    /** Moves the clock, which never goes back. */
    synchronized long clock(final long nanos) {
        clock = Math.max(clock, nanos);
        return clock;
    }

    @Override
    public synchronized void close() {
        if (machine != null) {
            machine.close();
            machine = null;
        }
    }
}
