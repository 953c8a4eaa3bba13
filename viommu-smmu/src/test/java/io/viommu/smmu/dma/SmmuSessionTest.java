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
package io.viommu.smmu.dma;

import static io.viommu.iommu.DmaSession.ABORTED;
import static io.viommu.iommu.DmaSession.EXECUTE;
import static io.viommu.iommu.DmaSession.IGNORED;
import static io.viommu.iommu.DmaSession.OK;
import static io.viommu.iommu.DmaSession.PRIVILEGED;
import static io.viommu.iommu.DmaSession.STALLED;
import static io.viommu.iommu.DmaSession.WRITE;
import static io.viommu.smmu.dma.Bench.CD;
import static io.viommu.smmu.dma.Bench.NONE;
import static io.viommu.smmu.dma.Bench.PAGE;
import static io.viommu.smmu.dma.Bench.S1_L2;
import static io.viommu.smmu.dma.Bench.S1_L3;
import static io.viommu.smmu.dma.Bench.S1_PAGE;
import static io.viommu.smmu.dma.Bench.S2_L3;
import static io.viommu.smmu.dma.Bench.S2_PAGE;
import static io.viommu.smmu.dma.Bench.STREAM;
import static io.viommu.smmu.dma.Bench.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;
import io.viommu.smmu.fault.StallPort;

/** What transactions meet and which events they leave, word by word; IHI 0070 3.12, 5.5, 6.3.9, 6.3.14, 7.3. */
class SmmuSessionTest {

    private final Bench bench = new Bench();

    private void mapped() {
        bench.memory.put(S1_L3, PAGE | S1_PAGE);
    }

    @Test
    void translationIsWalkedOnceAndThenFound() {
        mapped();
        bench.on();
        assertThat(bench.read(0x123)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(PAGE + 0x123);
        assertThat(bench.session.span()).isEqualTo(0x1000 - 0x123);
        final long reads = bench.memory.reads();
        assertThat(bench.write(0x456)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(PAGE + 0x456);
        assertThat(bench.memory.reads()).isEqualTo(reads);
    }

    @Test
    void configurationIsDecodedOnceForManyPages() {
        mapped();
        bench.memory.put(S1_L3 + 8, PAGE | S1_PAGE);
        bench.on();
        bench.read(0);
        final long reads = bench.memory.reads();
        assertThat(bench.read(0x1000)).isEqualTo(OK);
        assertThat(bench.memory.reads() - reads).isEqualTo(3);
    }

    @Test
    void addressesTaggedInTheTopByteTranslateButAreNotKept() {
        mapped();
        bench.cd.set(38, 1, 1);
        bench.on();
        assertThat(bench.read(0xAB00_0000_0000_0010L)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(PAGE + 0x10);
        bench.memory.put(S1_L3, 0);
        assertThat(bench.read(0xAB00_0000_0000_0010L)).isEqualTo(ABORTED);
    }

    @Test
    void disabledSmmuPassesWithoutReadingAnything() {
        bench.cr0 = 0;
        bench.on();
        final long reads = bench.memory.reads();
        assertThat(bench.session.translate(77, 3, 0x1234_5678L, WRITE)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(0x1234_5678L);
        assertThat(bench.memory.reads()).isEqualTo(reads);
        assertThat(bench.read(1L << 44)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void disabledSmmuAbortsSilentlyWhereGbpaSaysSo() {
        bench.cr0 = 0;
        bench.on();
        assertThat(bench.read(0)).isEqualTo(OK);
        bench.gbpa = 1 << 20;
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void enablingEndsPassing() {
        bench.cr0 = 0;
        bench.on();
        assertThat(bench.read(0)).isEqualTo(OK);
        bench.cr0 = 1;
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
    }

    @Test
    void badStreamIdIsRecordedOnlyWithRecinvsid() {
        bench.on();
        assertThat(bench.session.translate(0x1234, NONE, 0, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000123400000002 0000000000000000 0000000000000000 0000000000000000");
        bench.cr2 = 0;
        bench.on();
        assertThat(bench.session.translate(0x1234, NONE, 0, 0)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void recordsCarryTheSubstreamOfTheTransaction() {
        bench.on();
        assertThat(bench.session.translate(0x1234, 0xABCDE, 0, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("00001234abcde802 ");
    }

    @Test
    void steFetchAbortRecordsTheAddressOfTheEntryInTheFourthWord() {
        bench.translator.update(new io.viommu.smmu.config.SmmuContext(bench.features.build(), 1, 2, 0,
                TestMemory.NOWHERE, 8));
        assertThat(bench.read(0x1000)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000003 0000000000000000 0000000000000000 0000000070000140");
    }

    @Test
    void badSteIsRecordedAndAborts() {
        bench.ste = new Record();
        bench.on();
        assertThat(bench.write(0)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000004 0000000000000000 0000000000000000 0000000000000000");
    }

    @Test
    void abortingEntryLeavesNoEvent() {
        bench.ste = Record.ste(0);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void bypassingEntryPassesUpToTheOutputSize() {
        bench.ste = Record.ste(0b100);
        bench.on();
        assertThat(bench.write(0xFFF_FFFF_F000L)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(0xFFF_FFFF_F000L);
        assertThat(bench.write(1L << 44)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000011 0000020000000000 0000100000000000 0000000000000000");
    }

    @Test
    void badSubstreamIdHasNoValidBit() {
        bench.on();
        assertThat(bench.session.translate(STREAM, 3, 0, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500003008 0000000000000000 0000000000000000 0000000000000000");
    }

    @Test
    void disabledSubstreamZeroIsStreamDisabled() {
        bench.ste.set(59, 5, 4).set(64, 2, 2);
        bench.on();
        assertThat(bench.session.translate(STREAM, 0, 0, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("0000000500000006 ");
        bench.ste.set(64, 2, 0);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("0000000500000006 ");
    }

    @Test
    void cdFetchAbortRecordsItsAddressInTheFourthWord() {
        bench.ste = Record.stage1Ste(TestMemory.NOWHERE + 0x40);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000009 0000000000000000 0000000000000000 0000000070000040");
    }

    @Test
    void badCdIsRecordedThoughRecordingIsOff() {
        bench.cd.set(31, 1, 0).set(45, 1, 0);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("000000050000000a ");
    }

    @Test
    void walkAbortRecordsInputAndFetchAddressWhateverTheDescriptorSays() {
        bench.cd.set(45, 1, 0).set(46, 1, 0);
        bench.memory.put(S1_L2, TestMemory.NOWHERE | TABLE);
        bench.on();
        assertThat(bench.read(0x3004)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("000000050000000b 0000010800000000 0000000000003004 0000000070000018");
    }

    @Test
    void translationFaultOfStageOneRecordsTheInputAddressOnly() {
        bench.on();
        assertThat(bench.read(0xAB00_0000_0000_0123L)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000010 0000020800000000 ab00000000000123 0000000000000000");
        assertThat(bench.write(0x123)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000010 0000020000000000 0000000000000123 0000000000000000");
    }

    @Test
    void recordsCarryPrivilegeAndInstruction() {
        bench.on();
        bench.session.translate(STREAM, NONE, 0, PRIVILEGED | EXECUTE);
        assertThat(bench.event()).startsWith("0000000500000010 0000020e00000000 ");
        bench.session.translate(STREAM, NONE, 0, PRIVILEGED | EXECUTE | WRITE);
        assertThat(bench.event()).startsWith("0000000500000010 0000020200000000 ");
    }

    @Test
    void recordsCarryPrivilegeAndInstructionAsOverridden() {
        bench.ste.set(112, 2, 3).set(114, 2, 3);
        bench.on();
        bench.read(0);
        assertThat(bench.event()).startsWith("0000000500000010 0000020e00000000 ");
        bench.write(0);
        assertThat(bench.event()).startsWith("0000000500000010 0000020200000000 ");
        bench.ste.set(112, 2, 2).set(114, 2, 2);
        bench.on();
        bench.session.translate(STREAM, NONE, 0, PRIVILEGED | EXECUTE);
        assertThat(bench.event()).startsWith("0000000500000010 0000020800000000 ");
    }

    @Test
    void overridesDecideWhatIsAllowedAndCached() {
        bench.memory.put(S1_L3, PAGE | S1_PAGE & ~(1L << 6)); // the privileged only
        bench.ste.set(112, 2, 3);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(OK);
        final long reads = bench.memory.reads();
        assertThat(bench.session.translate(STREAM, NONE, 0, PRIVILEGED | WRITE)).isEqualTo(OK);
        assertThat(bench.write(0)).isEqualTo(OK);
        assertThat(bench.memory.reads()).isEqualTo(reads);
    }

    @Test
    void overridesAreIgnoredWhereTheyAreNotOffered() {
        final Bench plain = new Bench(Features.plain());
        plain.memory.put(S1_L3, PAGE | S1_PAGE & ~(1L << 6));
        plain.ste.set(112, 2, 3);
        plain.on();
        assertThat(plain.read(0)).isEqualTo(ABORTED);
        assertThat(plain.event()).startsWith("0000000500000013 0000020800000000 ");
    }

    @Test
    void unprivilegedAccessToPrivilegedPagesIsPermissionFault() {
        bench.memory.put(S1_L3, PAGE | S1_PAGE & ~(1L << 6));
        bench.on();
        assertThat(bench.session.translate(STREAM, NONE, 0, PRIVILEGED)).isEqualTo(OK);
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000013 0000020800000000 0000000000000000 0000000000000000");
    }

    @Test
    void stageTwoFaultRecordsThePageOfTheIpa() {
        bench.stage2().on();
        assertThat(bench.write(0x5678)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000010 0000028000000000 0000000000005678 0000000000005000");
    }

    @Test
    void stageTwoFaultOfATableRecordsTheDescriptorsPageAndClassTt() {
        bench.nested();
        bench.memory.put(S1_L2, 0x9000_0000L | TABLE);
        bench.on();
        assertThat(bench.read(0x3008)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000010 0000018800000000 0000000000003008 0000000090000000");
    }

    @Test
    void permissionFaultOfATableTellsReadFromUpdate() {
        bench.nested();
        bench.cd.set(43, 1, 1);
        bench.memory.put(S1_L2, 0x4000L | TABLE);
        bench.memory.put(S2_L3 + 32, S1_L3 | S2_PAGE & ~(1L << 7));
        bench.memory.put(S1_L3, 0x4000_0000L | S1_PAGE & ~(1L << 10));
        bench.on();
        assertThat(bench.read(0x8)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000013 0000018800000000 0000000000000008 0000000000004000");
        bench.memory.put(S2_L3 + 32, S1_L3 | S2_PAGE & ~(1L << 6));
        assertThat(bench.read(0x8)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000013 0000118800000000 0000000000000008 0000000000004000");
    }

    @Test
    void stageTwoFaultOfTheContextRecordsClassCdAndTheOverriddenAttributes() {
        bench.nested();
        bench.ste.address(0, 6, 51, 0x9000_1040L).set(112, 2, 3);
        bench.on();
        assertThat(bench.read(0x3008)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000010 0000008a00000000 0000000000003008 0000000090001000");
    }

    @Test
    void recordingOffSilencesTranslationFaultsOfItsStage() {
        bench.cd.set(45, 1, 0);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
        bench.stage2();
        bench.ste.set(186, 1, 0);
        bench.on();
        assertThat(bench.read(0x5000)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void abortOffIgnoresTranslationFaultsOfStageOne() {
        bench.cd.set(46, 1, 0);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(IGNORED);
        assertThat(bench.event()).startsWith("0000000500000010 ");
    }

    @Test
    void abortOffMeansNothingToStageTwo() {
        bench.nested();
        bench.cd.set(46, 1, 0);
        bench.memory.put(S1_L3, 0x9000_0000L | S1_PAGE);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
    }

    @Test
    void stallIsAlwaysRecordedWithItsTag() {
        bench.cd.set(44, 1, 1).set(45, 1, 0);
        bench.on();
        bench.stalls = (stream, substream, address, access) -> stream == STREAM && substream == NONE
                && address == 0x10 && access == WRITE ? 0xBEEF : StallPort.NO_TICKET;
        assertThat(bench.write(0x10)).isEqualTo(STALLED);
        assertThat(bench.event()).isEqualTo("0000000500000010 000002008000beef 0000000000000010 0000000000000000");
    }

    @Test
    void stallWithoutRoomTerminatesAndIsRecorded() {
        bench.cd.set(44, 1, 1).set(45, 1, 0);
        bench.on();
        assertThat(bench.write(0x10)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000010 0000020000000000 0000000000000010 0000000000000000");
    }

    @Test
    void stageTwoStallsByItsOwnFlag() {
        bench.stage2();
        bench.ste.set(185, 1, 1);
        bench.on();
        bench.stalls = (stream, substream, address, access) -> 3;
        assertThat(bench.read(0x5000)).isEqualTo(STALLED);
        assertThat(bench.event()).startsWith("0000000500000010 0000028880000003 ");
    }

    @Test
    void onlyTranslationFaultsStall() {
        bench.cd.set(44, 1, 1);
        bench.memory.put(S1_L2, TestMemory.NOWHERE | TABLE);
        bench.on();
        bench.stalls = (stream, substream, address, access) -> 3;
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("000000050000000b 0000010800000000 ");
    }

    @Test
    void skippedStageOneFaultsForSizeWithoutAContextToAsk() {
        bench.ste.set(59, 5, 4).set(64, 2, 1);
        bench.on();
        assertThat(bench.write(0x1234)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(0x1234);
        assertThat(bench.write(1L << 50)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("0000000500000011 0000020000000000 ");
    }

    @Test
    void configurationErrorsComeInTheArchitecturesOrder() {
        bench.ste = Record.stage1Ste(TestMemory.NOWHERE).set(59, 5, 31);
        bench.on();
        bench.session.translate(STREAM, 99, 0, 0);
        assertThat(bench.event()).startsWith("0000000500063804 "); // C_BAD_STE before C_BAD_SUBSTREAMID
        bench.ste.set(59, 5, 4).set(64, 2, 2);
        bench.on();
        bench.session.translate(STREAM, 99, 0, 0);
        assertThat(bench.event()).startsWith("0000000500063008 "); // C_BAD_SUBSTREAMID before F_CD_FETCH
        bench.session.translate(STREAM, 0, 0, 0);
        assertThat(bench.event()).startsWith("0000000500000006 "); // F_STREAM_DISABLED before F_CD_FETCH
        bench.read(0);
        assertThat(bench.event()).startsWith("0000000500000009 ");
    }

    @Test
    void everyTransactionLeavesAtMostOneEvent() {
        bench.ste = new Record();
        bench.on();
        bench.read(0);
        bench.read(0);
        assertThat(bench.events).hasSize(2);
    }

    @Test
    void faultIsCountedWhereThePipelineIsClosed() {
        bench.closed = true;
        bench.on();
        assertThat(bench.read(0)).isEqualTo(ABORTED);
        assertThat(bench.lost).isEqualTo(1);
    }

    @Test
    void readOnlyPageUpgradedByTheGuestIsWrittenWithoutInvalidation() {
        bench.memory.put(S1_L3, PAGE | S1_PAGE | 1 << 7);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(OK);
        bench.memory.put(S1_L3, PAGE | S1_PAGE);
        assertThat(bench.write(0)).isEqualTo(OK);
    }

    @Test
    void cleanPageIsMadeDirtyThoughItsReadIsCached() {
        bench.cd.set(43, 1, 1).set(42, 1, 1);
        bench.memory.put(S1_L3, PAGE | S1_PAGE | 1 << 7 | 1L << 51);
        bench.on();
        assertThat(bench.read(0)).isEqualTo(OK);
        assertThat(bench.write(0)).isEqualTo(OK);
        assertThat(bench.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE | 1L << 51);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void contextIsFoundPerSubstream() {
        bench.ste.set(59, 5, 2).set(64, 2, 0);
        Record.cd(S1_L2, 4).set(0, 6, 34).write(bench.memory, CD + 2 * 64); // 30 bits: level 2 first
        mapped();
        bench.on();
        assertThat(bench.session.translate(STREAM, 0, 0x18, 0)).isEqualTo(OK);
        assertThat(bench.session.translate(STREAM, 2, 0x18, 0)).isEqualTo(OK);
        assertThat(bench.session.translate(STREAM, 1, 0x18, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("000000050000180a ");
    }
}
