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

import static io.viommu.iommu.AtsSession.ATS_ABORT;
import static io.viommu.iommu.AtsSession.ATS_EXECUTE;
import static io.viommu.iommu.AtsSession.ATS_READ;
import static io.viommu.iommu.AtsSession.ATS_SUCCESS;
import static io.viommu.iommu.AtsSession.ATS_UNSUPPORTED;
import static io.viommu.iommu.AtsSession.ATS_WRITE;
import static io.viommu.iommu.DmaSession.ABORTED;
import static io.viommu.iommu.DmaSession.EXECUTE;
import static io.viommu.iommu.DmaSession.OK;
import static io.viommu.iommu.DmaSession.PRIVILEGED;
import static io.viommu.iommu.DmaSession.TRANSLATED;
import static io.viommu.iommu.DmaSession.WRITE;
import static io.viommu.smmu.dma.Bench.NONE;
import static io.viommu.smmu.dma.Bench.PAGE;
import static io.viommu.smmu.dma.Bench.S1_L2;
import static io.viommu.smmu.dma.Bench.S1_L3;
import static io.viommu.smmu.dma.Bench.S1_PAGE;
import static io.viommu.smmu.dma.Bench.S2_BLOCK;
import static io.viommu.smmu.dma.Bench.S2_L1;
import static io.viommu.smmu.dma.Bench.S2_L2;
import static io.viommu.smmu.dma.Bench.S2_L3;
import static io.viommu.smmu.dma.Bench.S2_PAGE;
import static io.viommu.smmu.dma.Bench.STREAM;
import static io.viommu.smmu.dma.Bench.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;

/** ATS translation requests and translated traffic; IHI 0070 3.9.1.2, 3.9.1.3, 7.3.6, 7.3.8. */
class AtsTrafficTest {

    private static final int REC_CFG_ATS = 1 << 3;

    private final Bench bench = new Bench();

    private Bench ats(final int eats) {
        bench.ste.set(92, 2, eats);
        return bench;
    }

    private int request(final long iova, final int access) {
        return bench.session.requestTranslation(STREAM, NONE, iova, access);
    }

    /** By substream 0, so that privilege and execution can be asked for. */
    private int requestOfSubstream(final long iova, final int access) {
        return bench.session.requestTranslation(STREAM, 0, iova, access);
    }

    private Bench substreams() {
        bench.ste.set(59, 5, 4);
        return bench;
    }

    private int translated(final long address, final int access) {
        return bench.session.translate(STREAM, NONE, address, access | TRANSLATED);
    }

    private void mapped(final long attributes) {
        bench.memory.put(S1_L3, PAGE | attributes);
        ats(1).on();
    }

    @Test
    void requestIsAnsweredWithTheTranslation() {
        mapped(S1_PAGE);
        assertThat(request(0x10, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ | ATS_WRITE);
        assertThat(bench.session.address()).isEqualTo(PAGE + 0x10);
        assertThat(request(0x10, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ);
    }

    @Test
    void requestOfADisabledSmmuIsUnsupportedAndRecorded() {
        bench.cr0 = 0;
        ats(1).on();
        assertThat(requestOfSubstream(0x1234, WRITE | PRIVILEGED)).isEqualTo(ATS_UNSUPPORTED);
        assertThat(bench.event()).isEqualTo("0000000500000805 00000000d0000001 0000000000001000 0000000000000000");
    }

    @Test
    void requestOfAStreamWithoutAtsIsUnsupportedAndRecorded() {
        ats(0).on();
        assertThat(requestOfSubstream(0x1000, EXECUTE)).isEqualTo(ATS_UNSUPPORTED);
        assertThat(bench.event()).isEqualTo("0000000500000805 00000000a0000001 0000000000001000 0000000000000000");
        assertThat(request(0x1000, EXECUTE | PRIVILEGED)).as("neither is asked without PASID")
                .isEqualTo(ATS_UNSUPPORTED);
        assertThat(bench.event()).isEqualTo("0000000500000005 0000000080000001 0000000000001000 0000000000000000");
        bench.ste = Record.ste(0b100).set(92, 2, 1);
        bench.on();
        assertThat(request(0x1000, 0)).isEqualTo(ATS_UNSUPPORTED);
        assertThat(bench.event()).startsWith("0000000500000005 ");
    }

    @Test
    void requestOfAnAbortingStreamIsUnsupportedSilently() {
        bench.ste = Record.ste(0);
        bench.on();
        assertThat(request(0x1000, 0)).isEqualTo(ATS_UNSUPPORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void splitStageWithoutChecksActsAsDisabled() {
        bench.nested();
        ats(2).on();
        assertThat(request(0x1000, 0)).isEqualTo(ATS_UNSUPPORTED);
        assertThat(bench.event()).startsWith("0000000500000005 ");
    }

    @Test
    void configurationErrorsOfRequestsAbortAndAreRecordedOnlyOnDemand() {
        bench.ste = new Record();
        bench.on();
        assertThat(request(0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.session.requestTranslation(0x1000, NONE, 0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.events).isEmpty();
        bench.cr2 = REC_CFG_ATS;
        bench.on();
        assertThat(request(0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.event()).startsWith("0000000500000004 ");
        assertThat(bench.session.requestTranslation(0x1000, NONE, 0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.events).isEmpty();
        bench.cr2 = REC_CFG_ATS | 2;
        bench.on();
        assertThat(bench.session.requestTranslation(0x1000, NONE, 0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.event()).startsWith("0000100000000002 ");
    }

    @Test
    void contextAndWalkErrorsOfRequestsAbort() {
        bench.cr2 = REC_CFG_ATS;
        ats(1).on();
        assertThat(bench.session.requestTranslation(STREAM, 3, 0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.event()).startsWith("0000000500003008 ");
        bench.memory.put(S1_L2, TestMemory.NOWHERE | TABLE);
        assertThat(request(0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.event()).startsWith("000000050000000b ");
        bench.cd.set(31, 1, 0);
        bench.on();
        assertThat(request(0, 0)).isEqualTo(ATS_ABORT);
        assertThat(bench.event()).startsWith("000000050000000a ");
    }

    @Test
    void translationFaultsOfRequestsGrantNothingAndAreNotRecorded() {
        bench.cr2 = REC_CFG_ATS;
        ats(1).on();
        assertThat(request(0x5000, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(bench.session.span()).isEqualTo(0x1000);
        bench.memory.put(S1_L3, PAGE | S1_PAGE & ~(1L << 10));
        assertThat(request(0, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        bench.memory.put(S1_L3, 1L << 44 | S1_PAGE);
        assertThat(request(0, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(bench.events).isEmpty();
    }

    @Test
    void stageTwoFaultOfTheContextGrantsNothing() {
        bench.nested();
        bench.ste.address(0, 6, 51, 0x9000_0000L);
        ats(1).on();
        assertThat(request(0, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(bench.events).isEmpty();
    }

    @Test
    void requestsNeverStall() {
        bench.cd.set(44, 1, 1);
        bench.stalls = (stream, substream, address, access) -> 1;
        ats(1).on();
        assertThat(request(0x5000, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void missingPermissionsReduceTheGrant() {
        substreams();
        mapped(S1_PAGE | 1 << 7);
        assertThat(requestOfSubstream(0, WRITE | EXECUTE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ | ATS_EXECUTE);
        assertThat(bench.session.address()).isEqualTo(PAGE);
        mapped(S1_PAGE & ~(1L << 6));
        assertThat(requestOfSubstream(0, WRITE | EXECUTE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(requestOfSubstream(0, WRITE | EXECUTE | PRIVILEGED)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ | ATS_WRITE | ATS_EXECUTE);
    }

    @Test
    void requestForWritingWhereOnlyReadingIsAllowedIsAnsweredWithWhereReadsGo() {
        bench.stage2();
        bench.memory.put(S2_L3, PAGE | S2_PAGE & ~(1L << 7));
        ats(1).on();
        assertThat(request(0x10, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ);
        assertThat(bench.session.address()).isEqualTo(PAGE + 0x10);
        assertThat(bench.session.span()).isEqualTo(0x1000 - 0x10);
    }

    @Test
    void whatStageOneDeniesDoesNotReachStageTwo() {
        bench.nested();
        bench.memory.put(S2_L1 + 2 * 8, TestMemory.NOWHERE | TABLE);
        bench.memory.put(S1_L3, 0x8000_0000L | S1_PAGE & ~(1L << 6));
        substreams();
        ats(1).on();
        assertThat(requestOfSubstream(0, WRITE | EXECUTE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(requestOfSubstream(0, WRITE | EXECUTE | PRIVILEGED)).as("whose walk goes on and fails")
                .isEqualTo(ATS_ABORT);
    }

    @Test
    void successWithoutRightsIsOfTheSizeOfTheSmallestGranule() {
        bench.memory.put(S1_L2, 0x4020_0000L | S1_PAGE & ~(1L << 6 | 1L << 1));
        ats(1).on();
        assertThat(request(0, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(bench.session.span()).isEqualTo(0x1000);
    }

    @Test
    void instructionOverrideDecidesWhichRightAReadNeeds() {
        substreams();
        final long executeOnly = S1_PAGE & ~(1L << 6);
        final long neverExecuted = S1_PAGE | 1L << 54;
        final int[] use = { 0, ATS_READ };
        final int[] data = { 0, ATS_READ | ATS_EXECUTE };
        final int[] instruction = { ATS_READ | ATS_EXECUTE, 0 };
        for (int override = 0; override < 4; override++) {
            bench.ste.set(114, 2, override);
            final int[] granted = override < 2 ? use : override == 2 ? data : instruction;
            mapped(executeOnly);
            assertThat(requestOfSubstream(0, EXECUTE)).isEqualTo(ATS_SUCCESS);
            assertThat(bench.session.atsRights()).isEqualTo(granted[0]);
            mapped(neverExecuted);
            assertThat(requestOfSubstream(0, EXECUTE)).isEqualTo(ATS_SUCCESS);
            assertThat(bench.session.atsRights()).isEqualTo(granted[1]);
        }
    }

    @Test
    void privilegeOverrideDecidesWhoseRightsAreGranted() {
        bench.ste.set(112, 2, 3);
        mapped(S1_PAGE & ~(1L << 6));
        assertThat(request(0, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ | ATS_WRITE);
    }

    @Test
    void requestSetsFlagsAsAnAccessWould() {
        bench.cd.set(43, 1, 1).set(42, 1, 1);
        mapped(S1_PAGE & ~(1L << 10) | 1 << 7 | 1L << 51);
        assertThat(request(0, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ);
        assertThat(bench.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE | 1 << 7 | 1L << 51);
        assertThat(request(0, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ | ATS_WRITE);
        assertThat(bench.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE | 1L << 51);
    }

    @Test
    void skippedStageOneGrantsTheIdentity() {
        bench.ste.set(59, 5, 4).set(64, 2, 1);
        ats(1).on();
        assertThat(request(0x5123, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).as("both, though no write is wanted").isEqualTo(ATS_READ | ATS_WRITE);
        assertThat(bench.session.address()).isEqualTo(0x5123);
        assertThat(bench.session.span()).isEqualTo((1L << 44) - 0x5123);
        assertThat(request(1L << 44, 0)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(bench.events).isEmpty();
    }

    @Test
    void splitStageRequestsAreAnsweredWithIntermediateAddresses() {
        bench.nested();
        bench.cr0 = 1 | 1 << 4;
        bench.memory.put(S1_L3, 0x9000_0000L | S1_PAGE);
        ats(2).on();
        assertThat(request(0x10, 0)).as("the second stage has a say").isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        bench.memory.put(S2_L1 + 2 * 8, 0x40_0000_0000L | S2_BLOCK & ~(1L << 7));
        assertThat(request(0x10, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.address()).isEqualTo(0x9000_0010L);
        assertThat(bench.session.span()).isEqualTo(0x1000 - 0x10);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ);
        bench.memory.put(S2_L1 + 2 * 8, 0x40_0000_0000L | S2_BLOCK);
        assertThat(request(0x10, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ | ATS_WRITE);
    }

    @Test
    void splitStageRequestsThatSkipStageOneAreGrantedWhatStageTwoAllows() {
        bench.nested();
        bench.cr0 = 1 | 1 << 4;
        substreams().ste.set(64, 2, 1);
        bench.memory.put(S2_L1 + 2 * 8, 0x40_0000_0000L | S2_BLOCK & ~(1L << 7));
        ats(2).on();
        assertThat(request(0x9000_0010L, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.address()).isEqualTo(0x9000_0010L);
        assertThat(bench.session.atsRights()).isEqualTo(ATS_READ);
        assertThat(request(0x10_0000_0000L, WRITE)).isEqualTo(ATS_SUCCESS);
        assertThat(bench.session.atsRights()).isZero();
        assertThat(bench.events).isEmpty();
    }

    @Test
    void translatedTrafficPassesWithoutChecks() {
        bench.on();
        assertThat(translated(0x1_2345_6780L, WRITE)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(0x1_2345_6780L);
        assertThat(translated(1L << 44, 0)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void translatedTrafficOfADisabledSmmuIsForbidden() {
        bench.cr0 = 0;
        bench.on();
        assertThat(translated(0x1234, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000007 0000000800000000 0000000000001234 0000000000000000");
    }

    @Test
    void translatedTrafficIsCheckedAgainstEats() {
        bench.cr0 = 1 | 1 << 4;
        ats(1).on();
        assertThat(translated(0x1234, WRITE)).isEqualTo(OK);
        ats(0).on();
        assertThat(translated(0x1234, WRITE)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000007 0000000000000000 0000000000001234 0000000000000000");
        bench.ste = Record.ste(0b100).set(92, 2, 1);
        bench.on();
        assertThat(translated(0x1234, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("0000000500000007 ");
        bench.ste = Record.ste(0);
        bench.on();
        assertThat(translated(0x1234, 0)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
    }

    @Test
    void configurationErrorsOfTranslatedTrafficAbortAndAreRecordedOnlyOnDemand() {
        bench.cr0 = 1 | 1 << 4;
        bench.ste = new Record();
        bench.on();
        assertThat(translated(0, 0)).isEqualTo(ABORTED);
        assertThat(bench.events).isEmpty();
        bench.cr2 = REC_CFG_ATS;
        bench.on();
        assertThat(translated(0, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("0000000500000004 ");
        assertThat(bench.session.translate(0x1000, NONE, 0, TRANSLATED)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("0000100000000002 ");
    }

    @Test
    void splitStageTrafficIsTranslatedByStageTwo() {
        bench.nested();
        bench.cr0 = 1 | 1 << 4;
        bench.memory.put(S2_L1, S2_L2 | TABLE);
        bench.memory.put(S2_L3 + 24, PAGE | S2_PAGE & ~(1L << 7));
        ats(2).on();
        assertThat(translated(0x3018, 0)).isEqualTo(OK);
        assertThat(bench.session.address()).isEqualTo(PAGE + 0x18);
        assertThat(translated(0x3018, WRITE)).isEqualTo(ABORTED);
        assertThat(bench.event()).isEqualTo("0000000500000013 0000028000000000 0000000000003018 0000000000003000");
        assertThat(translated(1L << 44, 0)).isEqualTo(ABORTED);
        assertThat(bench.event()).as("beyond the IAS: of stage 1")
                .isEqualTo("0000000500000011 0000020800000000 0000100000000000 0000000000000000");
    }
}
