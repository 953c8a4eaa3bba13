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

import java.util.Locale;
import java.util.Map;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutcome;
import io.viommu.vmm.machine.Board;

/** What happens below the vIOMMU: the host reports a fault of a passed-through device. */
final class FaultCommands {

    private final Door door;

    FaultCommands(final Door door) {
        this.door = door;
    }

    void addTo(final Map<String, QtestProtocol.Command> commands) {
        commands.put("viommu_phys", this::physical);
    }

    private String physical(final Words words) {
        final PhysicalFault fault = new PhysicalFault(words, door.board() == Board.VIRT);
        return text(door.iommu().faults().deliver(fault.draft()));
    }

    private static String text(final FaultDisposition disposition) {
        final FaultOutcome outcome = disposition.outcome();
        return outcome == FaultOutcome.REJECTED
                ? outcome.text() + ":" + disposition.name().toLowerCase(Locale.ROOT).replace('_', '-')
                : outcome.text();
    }
}
