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
import java.util.Map;

/** Machines as the recorded scenarios have them, without an IOMMU, so that DMA goes straight to memory. */
final class TestMachines {

    private TestMachines() {
    }

    static Machine of(final Board board) {
        return Machine.build(spec(board));
    }

    static Machine assigned(final Board board) {
        final Machine machine = of(board);
        machine.assignPci();
        return machine;
    }

    private static MachineSpec spec(final Board board) {
        final List<DeviceSpec> devices = new ArrayList<>();
        devices.add(device("iommu-testdev", "addr", "1.0"));
        devices.add(new DeviceSpec("edu", Map.of("addr", "2.0", "dma_mask", "0xffffffffffffffff")));
        devices.add(new DeviceSpec("pcie-root-port", Map.of("id", "rp", "addr", "3.0", "chassis", "1")));
        devices.add(new DeviceSpec("iommu-testdev", Map.of("bus", "rp", "addr", "0.0")));
        return new MachineSpec(board, MachineSpec.DEFAULT_RAM, Map.of(), devices, Map.of());
    }

    static DeviceSpec device(final String driver, final String property, final String value) {
        return new DeviceSpec(driver, Map.of(property, value));
    }

    static MachineSpec with(final Board board, final DeviceSpec... devices) {
        return new MachineSpec(board, MachineSpec.DEFAULT_RAM, Map.of(), List.of(devices), Map.of());
    }
}
