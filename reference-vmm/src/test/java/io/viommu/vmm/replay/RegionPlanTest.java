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

package io.viommu.vmm.replay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultScript;

class RegionPlanTest {

    @Test
    void eachDeviceOfAnArchitectureHasARegionOfItsOwn() {
        final RegionPlan plan = new RegionPlan(EntryFormat.EXTENDED);
        plan.add("a", HostReportTest.smmu(0x10 | 0x500L << 32, 0, 0, 0));
        plan.add("a", HostReportTest.dmar("Write", "05")); // 05:00.0 is 0x500, too
        plan.add("a", HostReportTest.smmu(0x11 | 0x500L << 32, 0, 0, 0));
        assertThat(plan.regionCount()).isEqualTo(2);
        assertThat(plan.faults()).extracting(ReplayFault::region).containsExactly(0, 1, 0);
        assertThat(plan.machine(0)).isEqualTo(MachineKind.VIRT);
        assertThat(plan.machine(1)).isEqualTo(MachineKind.Q35);
        assertThat(plan.device(0).name()).isEqualTo("stream 0x500");
        assertThat(plan.device(1).name()).isEqualTo("device 05:00.0");
        assertThat(plan.hostDevice(1)).isEqualTo(0x500);
    }

    @Test
    void oneDeviceTooManyIsRejectedAndTheOthersArePlayed() {
        final RegionPlan plan = new RegionPlan(EntryFormat.EXTENDED);
        for (long stream = 0; stream <= RegionPlan.MAX_DEVICES; stream++) {
            plan.add("a", HostReportTest.smmu(0x10 | stream << 32, 0, 0, 0));
        }
        plan.add("a", HostReportTest.smmu(0x10, 0, 0, 0));
        assertThat(plan.regionCount()).isEqualTo(RegionPlan.MAX_DEVICES);
        assertThat(plan.faults().get(RegionPlan.MAX_DEVICES).rejection()).contains("256 devices");
        assertThat(plan.faults().getLast().rejection()).isNull();
        assertThat(plan.stepFaults()).hasSize(RegionPlan.MAX_DEVICES + 1).doesNotContain(RegionPlan.MAX_DEVICES);
        try (FaultScript script = plan.script()) {
            assertThat(script.length()).isEqualTo(RegionPlan.MAX_DEVICES + 1);
        }
    }

    @Test
    void whatThePlainEntryCannotCarryIsRejectedOnlyThere() {
        final RegionPlan plain = new RegionPlan(EntryFormat.PLAIN);
        plain.add("a", HostReportTest.smmu(0x04, 0, 0, 0));
        assertThat(plain.faults().getFirst().rejection()).contains("plain entry of 2021");
        final RegionPlan extended = new RegionPlan(EntryFormat.EXTENDED);
        extended.add("a", HostReportTest.smmu(0x04, 0, 0, 0));
        assertThat(extended.faults().getFirst().rejection()).isNull();
    }
}
