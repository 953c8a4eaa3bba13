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

package io.viommu.vtd;

import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.NO_PASID;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.WRITE;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.DmaSession;

/** Registers and events as drivers depend on them, with faults of real DMA (VT-d 7.2, 7.3, 11.4.7). */
class EventRulesTest {

    private static final long FSTS = 0x34;
    private static final long FECTL = 0x38;
    private static final long PENDING = 0x4000_0000L;
    private static final long MASKED = 0x8000_0000L;

    private final DmaGuest guest = new DmaGuest(TestTables.legacy().clear(secondEntry(1, IOVA), 3), "fault-records=2");
    private final long records = (guest.readq(8) >>> 24 & 0x3FF) * 16;

    @AfterEach
    void close() {
        guest.close();
    }

    private void fault() {
        assertThat(guest.dma(NO_PASID, IOVA, WRITE)).isEqualTo(DmaSession.ABORTED);
    }

    private void clear(final int record) {
        guest.writel(records + 16L * record + 12, 0x8000_0000L);
    }

    private int events() {
        return guest.messages.take().size();
    }

    @Test
    void onlyTheFirstFieldOfTheGroupToRiseIsAnInterruptCondition() {
        fault();
        fault();
        fault();
        assertThat(events()).isEqualTo(1);
        assertThat(guest.readl(FSTS)).as("PFO, PPF").isEqualTo(3);
        clear(0);
        clear(1);
        assertThat(guest.readl(FSTS)).as("PPF falls by itself").isEqualTo(1);
        guest.writel(FSTS, 1);
        fault();
        assertThat(events()).isEqualTo(1);
    }

    @Test
    void anOverflowThatSoftwareForgetsKeepsTheNextConditionFromBeingOne() {
        fault();
        fault();
        fault();
        clear(0);
        clear(1);
        events();
        fault();
        assertThat(guest.record(0)).as("dropped while PFO is set").isNull();
        assertThat(events()).isZero();
    }

    @Test
    void recordingGoesOnOnceOverflowIsCleared() {
        fault();
        fault();
        fault();
        clear(0);
        clear(1);
        guest.writel(FSTS, 1);
        fault();
        assertThat(guest.record(0)).isNotNull();
        assertThat(guest.record(1)).isNull();
    }

    @Test
    void aPendingMessageIsWithdrawnByClearingTheLastFaultInItsRecord() {
        guest.writel(FECTL, MASKED);
        fault();
        assertThat(guest.readl(FECTL)).isEqualTo(MASKED | PENDING);
        clear(0);
        assertThat(guest.readl(FECTL)).isEqualTo(MASKED);
        guest.writel(FECTL, 0);
        assertThat(events()).isZero();
    }

    @Test
    void aMaskedEventIsSentWhenTheMaskFalls() {
        guest.writel(FECTL, MASKED);
        fault();
        assertThat(events()).isZero();
        guest.writel(FECTL, 0);
        assertThat(events()).isEqualTo(1);
        assertThat(guest.readl(FECTL)).isZero();
    }

    @Test
    void recordsAreFilledInTurnAndFriNamesTheFirst() {
        fault();
        assertThat(guest.readl(FSTS)).isEqualTo(2);
        clear(0);
        fault();
        assertThat(guest.readl(FSTS)).as("FRI 1").isEqualTo(0x102);
        assertThat(guest.record(0)).isNull();
        fault();
        assertThat(guest.record(0)).isNotNull();
        assertThat(guest.readl(FSTS)).as("FRI stays while PPF is set").isEqualTo(0x102);
    }

    @Test
    void onlyBit127OfARecordIsCleared() {
        fault();
        final String before = guest.record(0);
        guest.writel(records + 8, 0xFFFF_FFFFL);
        guest.writeq(records, -1L);
        guest.writel(records + 12, 0x7FFF_FFFFL);
        assertThat(guest.record(0)).isEqualTo(before);
        clear(0);
        assertThat(guest.record(0)).isNull();
    }

    @Test
    void pendingFaultsCannotBeClearedInTheStatusRegister() {
        fault();
        guest.writel(FSTS, 0xFFFF_FFFFL);
        assertThat(guest.readl(FSTS)).isEqualTo(2);
    }

    @Test
    void theUpperAddressCountsOnlyWithExtendedInterruptMode() {
        guest.writel(0x44, 0x12);
        fault();
        assertThat(guest.messages.take()).containsExactly("12fee00000:41");
        try (DmaGuest narrow = new DmaGuest(TestTables.legacy().clear(secondEntry(1, IOVA), 3), "eim=off")) {
            narrow.writel(0x44, 0x12);
            assertThat(narrow.dma(NO_PASID, IOVA, READ)).isEqualTo(DmaSession.ABORTED);
            assertThat(narrow.messages.take()).containsExactly("fee00000:41");
        }
    }

    @Test
    void aTableAddressDoesNothingBeforeItsCommand() {
        guest.writeq(0x20, TestMemory.NOWHERE);
        fault();
        assertThat(guest.record(0)).startsWith("80000005");
        assertThat(guest.readq(0x20)).isEqualTo(TestMemory.NOWHERE);
        guest.command(1L << 30);
        fault();
        assertThat(guest.record(1)).startsWith("80000008");
    }

    @Test
    void translationOffMeansNoFault() {
        guest.writel(0x18, 0);
        assertThat(guest.dma(NO_PASID, IOVA, WRITE)).isEqualTo(DmaSession.OK);
        assertThat(guest.session.address()).isEqualTo(IOVA);
        assertThat(guest.readl(FSTS)).isZero();
    }

    /** 32h and 47h: what the tables forbid is recorded with the type of a page request, T1 T2 = 01. */
    @Test
    void aForbiddenPageRequestIsRecordedAsOne() {
        assertThat(pageRequest(guest, -1)).isEqualTo(FaultDisposition.PAGE_REQUEST_INVALID);
        assertThat(guest.record(0)).isEqualTo("80000032 10000108 00000000 00405000");
        try (DmaGuest scalable = new DmaGuest(TestTables.firstStage(), "")) {
            assertThat(pageRequest(scalable, TestTables.PASID)).isEqualTo(FaultDisposition.PAGE_REQUEST_INVALID);
            assertThat(scalable.record(0)).isEqualTo("80004547 90000108 00000000 00405000");
        }
    }

    private static FaultDisposition pageRequest(final DmaGuest guest, final int pasid) {
        final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);
        record.clear();
        record.kind(FaultKind.PAGE_REQUEST).guestDevice(TestTables.SID).word(1, 1).word(2, IOVA);
        if (pasid >= 0) {
            record.pasid(pasid);
        }
        return guest.unit.inject(record);
    }
}
