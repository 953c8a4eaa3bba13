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

package io.viommu.vmm.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/** A PCI bus: up to 256 functions by devfn, and the way upstream for what they send. */
final class PciBus {

    private static final int FUNCTIONS = 256;
    private static final int PINS = 4;

    private final PciFunction[] functions = new PciFunction[FUNCTIONS];
    private final List<PciFunction> inOrder = new ArrayList<>();
    private final IntSupplier number;
    private final DmaPath upstream;
    private final Bridge bridge;

    /** What is between a bus and the machine: a controller of interrupts, or a bridge. */
    interface Bridge {
        /** Drives one of the bus's four interrupt pins. */
        void drive(PciFunction source, int pin, boolean level);

        /** Whether it passes on the memory requests of the functions on the bus. */
        default boolean passesRequests() {
            return true;
        }
    }

    PciBus(final IntSupplier number, final DmaPath upstream, final Bridge bridge) {
        this.number = number;
        this.upstream = upstream;
        this.bridge = bridge;
    }

    /** The number that the guest gave it. */
    int number() {
        return number.getAsInt();
    }

    DmaPath upstream() {
        return upstream;
    }

    Bridge bridge() {
        return bridge;
    }

    PciFunction at(final int devfn) {
        return functions[devfn];
    }

    /** All functions, by devfn. */
    List<PciFunction> functions() {
        return inOrder;
    }

    void plug(final PciFunction function, final int devfn) {
        functions[devfn] = function;
        int at = 0;
        while (at < inOrder.size() && inOrder.get(at).devfn() < devfn) {
            at++;
        }
        inOrder.add(at, function);
        function.plug(this, devfn);
    }

    /** The first slot without a function 0, or -1 if all are taken. */
    int freeSlot() {
        for (int devfn = 0; devfn < FUNCTIONS; devfn += 8) {
            if (functions[devfn] == null) {
                return devfn;
            }
        }
        return -1;
    }

    /** Each device's INTA# goes to pin (slot mod 4) of its bus (PCI-to-PCI Bridge 1.2, 9.1). */
    void drive(final PciFunction source, final boolean level) {
        bridge.drive(source, (source.devfn() >> 3) % PINS, level);
    }
}
