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

package io.viommu.vtd.dma;

import static io.viommu.vtd.TestTables.CONTEXT_ENTRY;
import static io.viommu.vtd.TestTables.EXECUTE;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.PRIVILEGED;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.RID_ENTRY;
import static io.viommu.vtd.TestTables.SCALABLE_ENTRY;
import static io.viommu.vtd.TestTables.SID;
import static io.viommu.vtd.TestTables.WRITE;
import static io.viommu.vtd.TestTables.firstEntry;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.iommu.AtsSession;
import io.viommu.iommu.DmaSession;
import io.viommu.vtd.TestTables;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.fault.GuestTables;

/** Sessions: what the cache keeps, what a fault records, byte for byte (VT-d 4.1, 7.2.1, 11.4.7.6). */
class VtdSessionTest {

    private final SessionFixture legacy = new SessionFixture(TestTables.legacy());

    @Test
    void aHitIsOneLookUpWithoutTouchingMemory() {
        assertThat(legacy.translate(IOVA | 0x10, READ)).isEqualTo(DmaSession.OK);
        final long reads = legacy.tables.memory.reads();
        assertThat(legacy.translate(IOVA | 0xFFC, WRITE)).isEqualTo(DmaSession.OK);
        assertThat(legacy.session.address()).isEqualTo(PAGE | 0xFFC);
        assertThat(legacy.session.span()).isEqualTo(4);
        assertThat(legacy.tables.memory.reads()).isEqualTo(reads);
    }

    @Test
    void withoutTranslationAddressesPass() {
        legacy.translator.update(legacy.tables.context().with(false, 0));
        assertThat(legacy.translate(IOVA | 5, WRITE)).isEqualTo(DmaSession.OK);
        assertThat(legacy.session.address()).isEqualTo(IOVA | 5);
        assertThat(legacy.session.span()).isGreaterThan(1L << 40);
        assertThat(legacy.update().translate(IOVA, READ)).isEqualTo(DmaSession.OK);
        assertThat(legacy.session.address()).isEqualTo(PAGE);
    }

    @Test
    void aLegacyWriteFaultIsRecordedWithItsPageAndRequester() {
        legacy.tables.clear(secondEntry(1, IOVA), 2);
        assertThat(legacy.translate(IOVA | 0x123, WRITE)).isEqualTo(DmaSession.ABORTED);
        assertThat(legacy.record()).isEqualTo("0000000000405000 0000000500000108");
        assertThat(legacy.port.flushes).isEqualTo(1);
    }

    @Test
    void typeBitsTellReadsAndAtomicOps() {
        legacy.tables.clear(secondEntry(1, IOVA), 3);
        legacy.translate(IOVA, READ);
        assertThat(legacy.record()).isEqualTo("0000000000405000 4000000600000108");
        legacy.translate(IOVA, WRITE | DmaRequest.ATOMIC);
        assertThat(legacy.record()).isEqualTo("0000000000405000 4000000510000108");
    }

    @Test
    void addressTypeTellsTranslatedRequests() {
        legacy.translate(IOVA, WRITE | DmaSession.TRANSLATED);
        assertThat(legacy.record()).isEqualTo("0000000000405000 2000000d00000108");
    }

    @Test
    void aRequestWithPasidIsRecordedWithItAndItsAttributes() {
        final SessionFixture first = new SessionFixture(TestTables.firstStage());
        assertThat(first.translate(PASID, IOVA, READ | PRIVILEGED)).isEqualTo(DmaSession.ABORTED);
        assertThat(first.record()).isEqualTo("0000000000405000 4000455da0000108");
        first.translate(PASID, IOVA, EXECUTE);
        assertThat(first.record()).isEqualTo("0000000000405000 4000455cc0000108");
        first.tables.clear(firstEntry(1, IOVA), 1);
        first.translate(PASID, IOVA, WRITE);
        assertThat(first.record()).isEqualTo("0000000000405000 0000457180000108");
        first.translate(IOVA, WRITE);
        assertThat(first.record()).as("without PASID").isEqualTo("0000000000405000 0000007100000108");
    }

    @Test
    void fpdBlocksTheRequestWithoutARecord() {
        legacy.tables.set(CONTEXT_ENTRY, 2).clear(secondEntry(1, IOVA), 3);
        assertThat(legacy.translate(IOVA, READ)).isEqualTo(DmaSession.ABORTED);
        assertThat(legacy.port.words).isEmpty();
    }

    @Test
    void aFaultThatFindsThePipelineClosedIsAccountedFor() {
        legacy.tables.clear(secondEntry(1, IOVA), 3);
        legacy.port.closed = true;
        assertThat(legacy.translate(IOVA, READ)).isEqualTo(DmaSession.ABORTED);
        assertThat(legacy.port.accounted).containsExactly(FaultDisposition.CLOSED);
    }

    @Test
    void faultsAreNeverCached() {
        legacy.tables.clear(secondEntry(1, IOVA), 3);
        legacy.translate(IOVA, READ);
        legacy.tables.set(secondEntry(1, IOVA), 3);
        assertThat(legacy.translate(IOVA, READ)).isEqualTo(DmaSession.OK);
    }

    @Test
    void aReadLeavesNoRightToWriteWhileTheDirtyFlagIsClear() {
        final SessionFixture first = new SessionFixture(TestTables.firstStage());
        assertThat(first.translate(IOVA, READ)).isEqualTo(DmaSession.OK);
        assertThat(first.tables.memory.get(firstEntry(1, IOVA)) & 0x60).isEqualTo(0x20);
        assertThat(first.translate(IOVA, WRITE)).isEqualTo(DmaSession.OK);
        assertThat(first.tables.memory.get(firstEntry(1, IOVA)) & 0x60).isEqualTo(0x60);
        final long reads = first.tables.memory.reads();
        assertThat(first.translate(IOVA, WRITE)).isEqualTo(DmaSession.OK);
        assertThat(first.tables.memory.reads()).isEqualTo(reads);
    }

    @Test
    void requestsThatAreNotOfTheCacheDontUseIt() {
        final SessionFixture second = new SessionFixture(TestTables.secondStage());
        assertThat(second.translate(PASID, IOVA, READ)).isEqualTo(DmaSession.OK);
        assertThat(second.translate(PASID, IOVA, EXECUTE)).as("a read, where a second stage translates")
                .isEqualTo(DmaSession.OK);
        second.tables.clear(SCALABLE_ENTRY, 1 << 2);
        second.invalidations.forgetAllContexts();
        assertThat(second.translate(PASID, IOVA, DmaSession.TRANSLATED)).as("44h").isEqualTo(DmaSession.ABORTED);
    }

    @Test
    void ridPrivilegeMakesRequestsWithoutPasidPrivilegedInTheCacheToo() {
        final SessionFixture first = new SessionFixture(TestTables.firstStage());
        first.tables.set(SCALABLE_ENTRY + 8, 1 << 20).set(RID_ENTRY + 16, 1).clear(firstEntry(1, IOVA), 4);
        assertThat(first.translate(IOVA, WRITE)).isEqualTo(DmaSession.OK);
        final long reads = first.tables.memory.reads();
        assertThat(first.translate(IOVA, WRITE)).isEqualTo(DmaSession.OK);
        assertThat(first.tables.memory.reads()).isEqualTo(reads);
        assertThat(first.translate(PASID, IOVA, READ)).as("a user").isEqualTo(DmaSession.ABORTED);
    }

    @Test
    void translationRequestsAreGrantedWhatTheTablesGrantAndWhatWasAskedFor() {
        final SessionFixture second = new SessionFixture(TestTables.secondStage());
        assertThat(second.session.requestTranslation(SID, PASID, IOVA, WRITE)).isEqualTo(AtsSession.ATS_SUCCESS);
        assertThat(second.session.atsRights()).isEqualTo(AtsSession.ATS_READ | AtsSession.ATS_WRITE);
        assertThat(second.session.address()).isEqualTo(PAGE);
        assertThat(second.session.requestTranslation(SID, PASID, IOVA, READ)).isEqualTo(AtsSession.ATS_SUCCESS);
        assertThat(second.session.atsRights()).as("no write wanted").isEqualTo(AtsSession.ATS_READ);
    }

    @Test
    void aMissingPageIsNoFaultOfATranslationRequestButABrokenEntryIs() {
        final SessionFixture second = new SessionFixture(TestTables.secondStage());
        second.tables.clear(secondEntry(2, IOVA), 3);
        assertThat(second.session.requestTranslation(SID, PASID, IOVA, WRITE)).isEqualTo(AtsSession.ATS_SUCCESS);
        assertThat(second.session.atsRights()).isZero();
        assertThat(second.session.span()).as("a size even so").isEqualTo(4096);
        assertThat(second.port.words).isEmpty();
        second.tables.set(secondEntry(2, IOVA), 3 | 1L << 62);
        assertThat(second.session.requestTranslation(SID, PASID, IOVA, WRITE)).isEqualTo(AtsSession.ATS_UNSUPPORTED);
        assertThat(second.record()).isEqualTo("0000000000405000 5000457a80000108");
    }

    @Test
    void translationRequestsWithoutTranslationAreUnsupported() {
        legacy.translator.update(legacy.tables.context().with(false, 0));
        assertThat(legacy.session.requestTranslation(SID, -1, IOVA, READ)).isEqualTo(AtsSession.ATS_UNSUPPORTED);
    }

    @Test
    void guestTablesTellReasonsWithoutATrace() {
        final SessionFixture first = new SessionFixture(TestTables.firstStage());
        final GuestTableWalk walk = first.translator.openTables();
        final long before = first.tables.memory.checksum();
        assertThat(walk.reasonFor(SID, PASID, IOVA, WRITE)).isEqualTo(GuestTables.ALLOWED);
        assertThat(walk.reasonFor(SID, PASID, 0, WRITE)).isEqualTo(0x71);
        assertThat(first.tables.memory.checksum()).isEqualTo(before);
        assertThat(first.port.words).isEmpty();
        assertThat(walk.faultProcessingDisabled(SID, PASID)).isFalse();
        first.tables.set(PASID_ENTRY, 2);
        assertThat(walk.faultProcessingDisabled(SID, PASID)).isTrue();
        assertThat(walk.reasonFor(SID, PASID, 0, WRITE)).isEqualTo(GuestTables.SUPPRESSED);
    }

    @Test
    void pageRequestsNeedScalableModePreAndAPasidEntry() {
        assertThat(legacy.translator.openTables().reasonFor(SID, -1)).isEqualTo(0x32);
        final SessionFixture first = new SessionFixture(TestTables.firstStage());
        final GuestTableWalk walk = first.translator.openTables();
        assertThat(walk.reasonFor(SID, PASID)).isEqualTo(0x47);
        first.tables.set(SCALABLE_ENTRY, 1 << 4);
        assertThat(walk.reasonFor(SID, PASID)).isZero();
        assertThat(walk.reasonFor(SID, -1)).isZero();
        first.tables.clear(PASID_ENTRY, 1);
        assertThat(walk.reasonFor(SID, PASID)).isEqualTo(0x59);
    }
}
