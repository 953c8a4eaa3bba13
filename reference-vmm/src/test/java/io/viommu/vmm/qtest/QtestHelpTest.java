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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;

import io.viommu.iommu.IommuModel;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.ModelProperty;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QtestHelpTest {

    @Test
    void everyPropertyIsListedWithItsMeaningDefaultAndValues() {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        QtestHelp.print(new PrintStream(out));
        final String help = out.toString();
        assertThat(help).contains("Properties of smmuv3", "Properties of intel-iommu");
        for (final IommuModel model : IommuModels.all()) {
            for (final ModelProperty property : model.properties()) {
                assertThat(property.meaning()).as(property.name()).isNotBlank();
                assertThat(property.allowed()).as(property.name()).isNotBlank();
                assertThat(help).contains("  " + property.name() + " ", property.meaning(),
                        property.allowed() + "; default ");
                property.aliases().forEach(alias -> assertThat(help).contains(alias));
            }
        }
    }

    @Test
    void defaultsAreThoseThatHoldBehindTheDoor() {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        QtestHelp.print(new PrintStream(out));
        assertThat(out.toString()).contains("1..256; default 1, or 8 with the model's own compat",
                "none|access|dirty; default none, or dirty with the model's own compat", "viommu|qemu; default qemu",
                "1|2|nested; default nested with iommu=smmuv3, 1 with -device arm-smmuv3", "39|48|57; default 48\n");
    }

    @ParameterizedTest
    @CsvSource({ "intel-iommu,0xfed90008", "intel-iommu,0xfed90010" })
    void whatTheHelpSaysIsTheDefaultIsWhatHolds(final String name, final String register) {
        try (TestDoor door = new TestDoor()) {
            door.ok("viommu_machine -machine q35 -device " + name);
            final String capabilities = door.ok("readq " + register);
            final StringBuilder said = new StringBuilder();
            IommuModels.find(name).properties().stream()
                    .filter(property -> !property.name().equals("compat") && !property.qemuDefault().contains(" "))
                    .forEach(property -> said.append(',').append(property.name()).append('=')
                            .append(property.qemuDefault()));
            door.ok("viommu_machine -machine q35 -device " + name + said);
            assertThat(door.ok("readq " + register)).as(said.toString()).isEqualTo(capabilities);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "0x9050000", "0x9050004", "0x905000c", "0x9050014" })
    void aSmmusIdentificationIsThatOfTheDefaultsInTheHelp(final String register) {
        try (TestDoor door = new TestDoor()) {
            door.ok("viommu_machine -machine virt,iommu=smmuv3");
            final String identification = door.ok("readl " + register);
            final StringBuilder said = new StringBuilder();
            IommuModels.find("smmuv3").properties().stream()
                    .filter(property -> !property.name().equals("compat"))
                    .forEach(property -> said.append(" -global arm-smmuv3.").append(property.name()).append('=')
                            .append(property.qemuDefault()));
            door.ok("viommu_machine -machine virt,iommu=smmuv3" + said);
            assertThat(door.ok("readl " + register)).as(said.toString()).isEqualTo(identification);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "-machine q35 -device intel-iommu,x-flts=on,colour=red ; intel-iommu has no property 'colour'",
        "-machine q35 -device intel-iommu,aw-bits=40 ; intel-iommu: aw-bits must be 39|48|57, not '40'",
        "-machine q35 -device intel-iommu,pasid-bits=21 ; intel-iommu: pasid-bits must be 0..20, not '21'",
        "-machine q35 -device intel-iommu,intremap=off,eim=on ; intel-iommu: eim=on needs intremap=on",
        "-machine q35 -device intel-iommu,fault-records=0 ; intel-iommu: fault-records must be 1..256, not '0'",
        "-machine virt -device arm-smmuv3,stage=3 ; smmuv3: stage must be 1|2|nested, not '3'",
        "-machine virt,iommu=smmuv3 -global arm-smmuv3.oas=41 ; smmuv3: oas must be auto|32|36|40|42|44|48|52, not",
        "-machine virt,iommu=riscv ; -machine virt: iommu must be none|smmuv3, not 'riscv'",
        "-machine q35 -device intel-iommu -device intel-iommu ; a machine takes one IOMMU",
        "-machine q35 -device e1000 ; there is no device 'e1000'" })
    void aWrongNameOrValueIsAnsweredByASentenceWithTheAllowedOnes(final String machine, final String sentence) {
        try (TestDoor door = new TestDoor()) {
            assertThat(door.fail("viommu_machine " + machine)).startsWith(sentence).doesNotContain("\n");
        }
    }
}
