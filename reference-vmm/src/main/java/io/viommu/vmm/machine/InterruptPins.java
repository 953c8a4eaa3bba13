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

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The four interrupt wires of the root bus, each shared by the devices on it: up while any of them asks. */
final class InterruptPins implements PciBus.Bridge {

    private final List<Set<PciFunction>> asking = List.of(new HashSet<>(), new HashSet<>(), new HashSet<>(),
            new HashSet<>());
    private final Input input;

    /** An input of the interrupt controller for each of the four wires. */
    interface Input {
        void drive(int wire, boolean level);
    }

    InterruptPins(final Input input) {
        this.input = input;
    }

    @Override
    public void drive(final PciFunction source, final int pin, final boolean level) {
        final Set<PciFunction> users = asking.get(pin);
        if (level) {
            users.add(source);
        } else {
            users.remove(source);
        }
        input.drive(pin, !users.isEmpty());
    }
}
