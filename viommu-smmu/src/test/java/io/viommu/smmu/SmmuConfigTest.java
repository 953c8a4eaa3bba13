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

package io.viommu.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import io.viommu.iommu.IommuModels;

class SmmuConfigTest {

    @Test
    void modelIsFoundByQemusName() {
        assertThat(IommuModels.find("smmuv3")).isInstanceOf(SmmuV3Model.class);
    }

    @Test
    void givenPropertyOverridesQemuCompatibility() {
        final SmmuMachine machine = new SmmuMachine("compat=qemu", "oas=40", "ril=off", "ssidsize=4");
        assertThat(machine.read(0x14) & 7).isEqualTo(2);
        assertThat(machine.read(0x0C)).isEqualTo(0x1014);
        assertThat(machine.read(0x04)).isEqualTo(0x0273_0110);
        assertThat(machine.read(0x00)).as("CD2L comes with substreams").isEqualTo(0x0D4C_101B);
    }

    @Test
    void queueSizesAreThoseGiven() {
        final SmmuMachine machine = new SmmuMachine("cmdq-log2max=8", "eventq-log2max=7", "priq-log2max=6",
                "sidsize=8");
        assertThat(machine.read(0x04)).isEqualTo(1 << 26 | 8 << 21 | 7 << 16 | 6 << 11 | 20 << 6 | 8);
    }

    @Test
    void permissionOverridesAreOfferedUnlessTurnedOffOrAsInQemu() {
        assertThat(new SmmuMachine().read(0x04) >> 26 & 3).isEqualTo(1);
        assertThat(new SmmuMachine("attr-perms-ovr=off").read(0x04) >> 26 & 3).isZero();
        assertThat(new SmmuMachine("compat=qemu").read(0x04) >> 26 & 3).isZero();
        assertThat(new SmmuMachine("compat=qemu", "attr-perms-ovr=on").read(0x04) >> 26 & 3).isEqualTo(1);
    }

    @Test
    void impossiblePropertiesAreAnsweredByOneSentence() {
        assertThatThrownBy(() -> new SmmuMachine("stage=3"))
                .hasMessage("smmuv3: stage must be 1|2|nested, not '3'");
        assertThatThrownBy(() -> new SmmuMachine("sidsize=33")).hasMessage("smmuv3: sidsize must be 1..32, not '33'");
        assertThatThrownBy(() -> new SmmuMachine("ats=off", "pri=on")).hasMessage("smmuv3: pri=on needs ats=on");
        assertThatThrownBy(() -> new SmmuMachine("accel=on")).hasMessageContaining("accel=on needs a host IOMMU");
        assertThatThrownBy(() -> new SmmuMachine("colour=red")).hasMessageContaining("smmuv3 has no property 'colour'");
    }

    @Test
    void withoutAtsThereIsNoPageRequestQueue() {
        final SmmuMachine machine = new SmmuMachine("ats=off");
        assertThat(machine.read(0) >> 16 & 1).isZero();
        assertThat(machine.read(4) >> 11 & 0x1F).isZero();
        machine.write64(0xC0, -1L);
        assertThat(machine.smmu.read(0xC0, 8)).isZero();
    }

    @Test
    void resetPutsEverythingBack() {
        final SmmuMachine machine = new SmmuMachine().start(0);
        machine.injectTranslationFault(1);
        machine.injectTranslationFault(2);
        machine.smmu.reset();
        machine.smmu.endOfBatch();
        assertThat(machine.read(SmmuMachine.CR0)).isZero();
        assertThat(machine.read(SmmuMachine.EVENTQ_PROD)).isZero();
        assertThat(machine.takeInterrupts()).isEmpty();
    }
}
