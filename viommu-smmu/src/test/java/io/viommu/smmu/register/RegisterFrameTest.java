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

package io.viommu.smmu.register;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.smmu.SmmuMachine;

class RegisterFrameTest {

    @ParameterizedTest
    @CsvSource({ "1,0x0d44101a,0x1404", "2,0x0d441019,0x1414", "nested,0x0d44101b,0x1414" })
    void qemuCompatibilityGivesQemusIdentificationRegisters(final String stage, final String idr0, final String idr3) {
        final SmmuMachine machine = new SmmuMachine("compat=qemu", "stage=" + stage);
        assertThat(machine.read(0x00)).isEqualTo(Integer.decode(idr0));
        assertThat(machine.read(0x04)).isEqualTo(0x0273_0010);
        assertThat(machine.read(0x08)).isZero();
        assertThat(machine.read(0x0C)).isEqualTo(Integer.decode(idr3));
        assertThat(machine.read(0x14)).isEqualTo(0x74);
        assertThat(machine.read(0x18)).isZero();
        assertThat(machine.read(0x1C)).isEqualTo(1);
        final int[] ids = { 4, 0, 0, 0, 0x84, 0xB4, 0xF0, 0x10, 0x0D, 0xF0, 0x05, 0xB1 };
        for (int i = 0; i < ids.length; i++) {
            assertThat(machine.read(0xFD0 + 4 * i)).isEqualTo(ids[i]);
        }
    }

    @ParameterizedTest
    @CsvSource({ "1,0x1524", "2,0x1530", "nested,0x1534" })
    void hierarchicalAttributeDisableIsThereWithStage1AndXnxWithStage2(final String stage, final String idr3) {
        assertThat(new SmmuMachine("stage=" + stage).read(0x0C)).isEqualTo(Integer.decode(idr3));
    }

    @ParameterizedTest
    @CsvSource({
        // stage, ril, AIDR, Hyp and ATSRECERR, FWB, the bits of CR2
        "nested,on,2,0x800200,0x100,0xb", "1,on,2,0x800000,0x100,0xa", "2,on,2,0x800000,0x100,0xa",
        "nested,off,1,0,0,2" })
    void version2BringsEl2StreamsForcedAttributesAndOneFeatureOfVersion3(final String stage, final String ril,
            final int aidr, final String idr0, final String idr3, final String cr2) {
        final SmmuMachine machine = new SmmuMachine("stage=" + stage, "ril=" + ril);
        assertThat(machine.read(0x1C)).isEqualTo(aidr);
        assertThat(machine.read(0) & 0x80_0200).isEqualTo(Integer.decode(idr0));
        assertThat(machine.read(0x0C) & 0x100).isEqualTo(Integer.decode(idr3));
        machine.write(0x2C, 0xFFFF_FFFFL);
        assertThat(machine.read(0x2C)).isEqualTo(Integer.decode(cr2));
    }

    @Test
    void defaultsOfferStallsPagesAtsMessagesAndSubstreams() {
        final SmmuMachine machine = new SmmuMachine();
        final int idr0 = machine.read(0);
        assertThat(idr0 & 0x3).as("S1P, S2P").isEqualTo(3);
        assertThat(idr0 >> 6 & 3).as("HTTU").isEqualTo(2);
        assertThat(idr0 >> 10 & 1).as("ATS").isEqualTo(1);
        assertThat(idr0 >> 13 & 1).as("MSI").isEqualTo(1);
        assertThat(idr0 >> 16 & 1).as("PRI").isEqualTo(1);
        assertThat(idr0 >> 19 & 1).as("CD2L").isEqualTo(1);
        assertThat(idr0 >> 24 & 3).as("STALL_MODEL").isZero();
        assertThat(idr0 >> 26 & 1).as("TERM_MODEL").isZero();
        assertThat(machine.read(4) >> 6 & 0x1F).as("SSIDSIZE").isEqualTo(20);
        assertThat(machine.read(4) >> 11 & 0x1F).as("PRIQS").isEqualTo(19);
        assertThat(machine.read(0x14) & 7).as("OAS").isEqualTo(5);
        assertThat(machine.read(0x14) >>> 16).as("STALL_MAX").isEqualTo(512);
    }

    @Test
    void resetValuesAreQemus() {
        final SmmuMachine machine = new SmmuMachine("compat=qemu");
        assertThat(machine.read(0x44)).as("GBPA").isEqualTo(0x1000);
        assertThat(machine.smmu.read(0x90, 8)).as("CMDQ_BASE").isEqualTo(0x13);
        assertThat(machine.smmu.read(0xA0, 8)).as("EVENTQ_BASE").isEqualTo(0x13);
        for (final int offset : new int[]{ 0x20, 0x24, 0x28, 0x2C, 0x40, 0x48, 0x50, 0x54, 0x60, 0x64, 0x68, 0x6C, 0x70,
            0x74, 0x80, 0x84, 0x88, 0x94, 0x98, 0x9C, 0xA4, 0xA8, 0xAC, 0xB0, 0xB4, 0xB8, 0xBC, 0xC0, 0xC8, 0xCC,
            0x100, 0x140, 0x180, 0x190, 0x100A8, 0x100AC, 0x100C8, 0x100CC }) {
            assertThat(machine.read(offset)).as("0x%x", offset).isZero();
        }
    }

    @Test
    void compatibleWithQemuSomeReservedBitsAreStored() {
        final SmmuMachine machine = new SmmuMachine("compat=qemu");
        machine.write64(0x80, 0x4000_1122_3344_5566L);
        machine.write64(0x68, 0x4000_1122_3344_5566L);
        machine.write64(0xB0, -1L);
        assertThat(machine.smmu.read(0x80, 8)).isEqualTo(0x4000_1122_3344_5566L);
        assertThat(machine.smmu.read(0x68, 8)).isEqualTo(0x4000_1122_3344_5566L);
        assertThat(machine.smmu.read(0xB0, 8)).isZero();
        final SmmuMachine plain = new SmmuMachine();
        plain.write64(0x80, 0x4000_1122_3344_5566L);
        assertThat(plain.smmu.read(0x80, 8)).isEqualTo(0x4000_1122_3344_5540L);
    }

    @Test
    void cr0AckFollowsCr0AndReservedBitsReadZeroInBoth() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write(0x20, 0xFFFF_FFFFL);
        assertThat(machine.read(0x20)).isEqualTo(0x1F);
        assertThat(machine.read(0x24)).isEqualTo(0x1F);
        machine.write(0x20, 0);
        assertThat(machine.read(0x24)).isZero();
        final SmmuMachine small = new SmmuMachine("compat=qemu");
        small.write(0x20, 0xFFFF_FFFFL);
        assertThat(small.read(0x24)).as("no PRIQEN, no ATSCHK").isEqualTo(0xD);
    }

    @Test
    void irqCtrlAckFollowsIrqCtrl() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write(0x50, 0xFF);
        assertThat(machine.read(0x50)).isEqualTo(7);
        assertThat(machine.read(0x54)).isEqualTo(7);
        assertThat(new SmmuMachine("pri=off").read(0x50)).isZero();
    }

    @Test
    void gbpaTakesAWriteOnlyWithUpdateAndUpdateReadsZero() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write(0x44, 0x0010_1000);
        assertThat(machine.read(0x44)).as("without UPDATE").isEqualTo(0x1000);
        machine.write(0x44, 0x8010_1000L);
        assertThat(machine.read(0x44)).isEqualTo(0x0010_1000);
        machine.write(0x44, 0xFFFF_FFFFL);
        assertThat(machine.read(0x44)).as("reserved bits").isEqualTo(0x001F_3F1F);
    }

    @Test
    void tableRegistersAreGuardedBySmmuen() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write64(0x80, 0x4000_0000_4100_0000L);
        machine.write(0x88, 0x1_0208);
        machine.write(0x2C, 2);
        machine.write(0x20, 1);
        machine.write64(0x80, 0);
        machine.write(0x80, 0x40);
        machine.write(0x88, 0);
        machine.write(0x2C, 0);
        assertThat(machine.smmu.read(0x80, 8)).isEqualTo(0x4000_0000_4100_0000L);
        assertThat(machine.read(0x88)).isEqualTo(0x1_0208);
        assertThat(machine.read(0x2C)).isEqualTo(2);
        machine.write(0x20, 0);
        machine.write(0x2C, 0);
        assertThat(machine.read(0x2C)).isZero();
    }

    @Test
    void cr1HalvesAreGuardedByTheirOwnEnables() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write(0x28, 0xD75);
        machine.write(0x20, 1);
        machine.write(0x28, 0);
        assertThat(machine.read(0x28)).as("table half kept").isEqualTo(0xD40);
        machine.write(0x20, 4);
        machine.write(0x28, 0x03F);
        assertThat(machine.read(0x28)).as("queue half kept").isEqualTo(0x000);
    }

    @Test
    void queueBasesAreIgnoredWhileTheirQueueIsEnabled() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write(0x20, 0xE);
        for (final int base : new int[]{ 0x90, 0xA0, 0xC0 }) {
            machine.write64(base, 0x4000_0000_4110_0004L);
            assertThat(machine.smmu.read(base, 8)).as("0x%x", base).isEqualTo(0x13);
        }
        machine.write(0x20, 0);
        machine.write64(0xC0, 0x4000_0000_4110_0004L);
        assertThat(machine.smmu.read(0xC0, 8)).isEqualTo(0x4000_0000_4110_0004L);
    }

    @Test
    void deviceIndexesAreWritableOnlyWhileTheirQueueIsDisabled() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write(0x9C, 3);
        machine.write(0x100A8, 3);
        machine.write(0x100C8, 3);
        machine.write(0x98, 3);
        machine.write(0x20, 0xE);
        machine.write(0x9C, 5);
        machine.write(0x100A8, 5);
        machine.write(0x100C8, 5);
        assertThat(machine.read(0x9C)).isEqualTo(3);
        assertThat(machine.read(0x100A8)).isEqualTo(3);
        assertThat(machine.read(0x100C8)).isEqualTo(3);
        machine.write(0x100AC, 5);
        machine.write(0x100CC, 0x8000_0005L);
        assertThat(machine.read(0x100AC)).as("the guest's own index").isEqualTo(5);
        assertThat(machine.read(0x100CC)).isEqualTo(0x8000_0005);
    }

    @Test
    void indexesOfTheDeviceHaveNoBitsAboveTheWrapFlag() {
        final SmmuMachine machine = new SmmuMachine("cmdq-log2max=6");
        for (final int base : new int[]{ 0x90, 0xA0, 0xC0 }) {
            machine.write64(base, 0x4100_0000L | 4);
        }
        machine.write(0x9C, 0x7FFF_FFFFL);
        machine.write(0x100A8, 0xFFFF_FFFFL);
        machine.write(0x100C8, 0xFFFF_FFFFL);
        assertThat(machine.read(0x9C) & 0xF_FFFF).isEqualTo(0x1F);
        assertThat(machine.read(0x100A8)).as("OVFLG stays").isEqualTo(0x8000_001F);
        assertThat(machine.read(0x100C8)).isEqualTo(0x8000_001F);
        machine.write64(0xA0, 0x4100_0000L | 2);
        assertThat(machine.read(0x100A8)).as("truncated with the queue").isEqualTo(0x8000_0007);
        machine.write64(0x90, 0x4100_0000L | 19);
        machine.write(0x9C, 0xF_FFFF);
        assertThat(machine.read(0x9C)).as("of the size in effect").isEqualTo(0x7F);
        machine.write(0x98, 0xF_FFFF);
        assertThat(machine.read(0x98)).as("the guest's own index").isEqualTo(0xF_FFFF);
    }

    @Test
    void page1RepeatsPage0() {
        final SmmuMachine machine = new SmmuMachine("compat=qemu");
        machine.write(0xA8, 3);
        assertThat(machine.read(0x100A8)).isEqualTo(3);
        machine.write(0x100AC, 2);
        assertThat(machine.read(0xAC)).isEqualTo(2);
        assertThat(machine.read(0x1_0000)).as("IDR0 through page 1").isEqualTo(0x0D44_101B);
    }

    @Test
    void wideRegistersTakeBothWidthsAndOtherWidthsNothing() {
        final SmmuMachine machine = new SmmuMachine();
        machine.write64(0x90, 0x4000_1122_3344_5566L);
        assertThat(machine.read(0x90)).isEqualTo(0x3344_5566);
        assertThat(machine.read(0x94)).isEqualTo(0x4000_1122);
        machine.write(0x94, 0x4000_FFFFL);
        machine.write(0x90, 0x89AB_CDE0L);
        assertThat(machine.smmu.read(0x90, 8)).isEqualTo(0x4000_FFFF_89AB_CDE0L);
        machine.smmu.write(0x90, 2, 0);
        machine.smmu.write(0x92, 4, 0);
        machine.smmu.write(0x2_0000, 4, 1);
        machine.smmu.write(-4, 4, 1);
        assertThat(machine.smmu.read(0x90, 8)).isEqualTo(0x4000_FFFF_89AB_CDE0L);
        assertThat(machine.smmu.read(0x90, 1)).isZero();
        assertThat(machine.smmu.read(0x1_FFFC, 8)).isZero();
        assertThat(machine.smmu.read(Long.MAX_VALUE, 8)).isZero();
    }

    @Test
    void messageRegistersAreReservedWithoutMsisAndGuardedByTheirEnable() {
        final SmmuMachine wired = new SmmuMachine("msi=off");
        wired.write64(0x68, -1L);
        wired.write64(0xB0, -1L);
        wired.write(0xB8, 7);
        assertThat(wired.smmu.read(0x68, 8)).isZero();
        assertThat(wired.smmu.read(0xB0, 8)).isZero();
        assertThat(wired.read(0xB8)).isZero();
        final SmmuMachine machine = new SmmuMachine();
        for (final int cfg0 : new int[]{ 0x68, 0xB0, 0xD0 }) {
            machine.write64(cfg0, -1L);
            machine.write(cfg0 + 8, 0xFFFF_FFFFL);
            machine.write(cfg0 + 12, 0x7F);
        }
        machine.write(0x50, 7);
        for (final int cfg0 : new int[]{ 0x68, 0xB0, 0xD0 }) {
            machine.write64(cfg0, 0);
            machine.write(cfg0 + 8, 0);
            machine.write(cfg0 + 12, 0);
            assertThat(machine.smmu.read(cfg0, 8)).isEqualTo(0x000F_FFFF_FFFF_FFFCL);
            assertThat(machine.read(cfg0 + 8)).isEqualTo(-1);
            assertThat(machine.read(cfg0 + 12)).isEqualTo(0x3F);
        }
    }

    @Test
    void lastOnlyIsThereWithoutMsisAndGuardedByThePriQueuesEnable() {
        final SmmuMachine wired = new SmmuMachine("msi=off");
        wired.write64(0xD0, -1L);
        wired.write(0xD8, 7);
        wired.write(0xDC, 0xFFFF_FFFFL);
        assertThat(wired.smmu.read(0xD0, 8)).isZero();
        assertThat(wired.read(0xD8)).isZero();
        assertThat(wired.read(0xDC)).isEqualTo(1 << 31);
        wired.write(0x50, 2);
        wired.write(0xDC, 0);
        assertThat(wired.read(0xDC)).isEqualTo(1 << 31);
        assertThat(new SmmuMachine("pri=off").read(0xDC)).isZero();
    }
}
