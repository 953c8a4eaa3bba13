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

package io.viommu.vtd.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Map;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.fault.LostEventPolicy;
import io.viommu.iommu.IommuPlatform;
import io.viommu.vtd.TestGuest;
import io.viommu.vtd.command.RecordingSink;
import io.viommu.vtd.fault.FaultInjection;
import io.viommu.vtd.fault.FaultRecordingRegisters;
import io.viommu.vtd.fault.GuestTables;
import io.viommu.vtd.fault.PhysicalFaultPolicy;
import io.viommu.vtd.register.Drain;
import io.viommu.vtd.register.EventLine;
import io.viommu.vtd.register.FrameListener;
import io.viommu.vtd.register.GlobalCommand;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;

/** Page requests into the guest's queue, and its answers back (VT-d 7.4 to 7.6). */
class PageRequestQueueTest {

    private static final long PRS = 0xDC;
    private static final long PECTL = 0xE0;
    private static final long PQH = 0xC0;
    private static final long PQT = 0xC8;
    private static final long QUEUE = 0x4_0000;
    private static final long PPR = 1;
    private static final long PRO = 2;
    private static final int READ = GenericFault.PERM_READ;
    private static final int LAST = GenericFault.REQUEST_LAST_PAGE;

    private final RecordingSink sink = new RecordingSink();
    private final TestGuest guest = new TestGuest(Map.of(), sink).boot(1);
    private final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);

    PageRequestQueueTest() {
        letDeviceRequestPages(5, 6, 0x1_2345, 0);
        guest.writeq(PQH, 0);
        guest.writeq(PQT, 0);
        guest.writeq(0xD0, QUEUE);
        guest.writel(0xE4, 0x81);
        guest.writel(0xE8, 0xFEE0_3000L);
        guest.writel(PECTL, 0);
        guest.writeq(0x90, 0x2_0000 | 1 << 11);
        guest.writel(0x18, 0x8400_0000L);
        sink.take();
        guest.messages.take();
    }

    /** Tables that let 01:01.0 make page requests with some PASIDs; without one it uses PASID 0. */
    private void letDeviceRequestPages(final int... pasids) {
        guest.ram(0x100_0000 + 16, 0x101_0000 | 1);
        guest.ram(0x101_0000 + 8 * 32, 0x102_0000 | 7 << 9 | 1 << 4 | 1 << 3 | 1 << 2 | 1);
        for (final int pasid : pasids) {
            guest.ram(0x102_0000 + (pasid >>> 6) * 8, 0x105_0000 | 1);
            guest.ram(0x105_0000 + (pasid & 63) * 64, 1 << 6 | 1, 1 << 23 | 1);
        }
    }

    private FaultDisposition request(final int pasid, final int group, final int flags, final int permissions,
            final long address, final long cookie) {
        record.clear();
        record.kind(FaultKind.PAGE_REQUEST).source(3).guestDevice(0x0108).cookie(cookie);
        if (pasid >= 0) {
            record.pasid(pasid);
        }
        record.word(0, flags | (long) group << 32).word(1, permissions).word(2, address);
        final FaultDisposition end = guest.unit.inject(record);
        guest.unit.endOfBatch();
        return end;
    }

    private void respond(final long word0, final long word1) {
        final long tail = guest.readq(0x88);
        guest.ram(0x2_0000 + tail, word0, word1, 0, 0);
        guest.writel(0x88, (tail + 32) % 4096);
    }

    @Test
    void requestIsWrittenAsAll32BytesBeforeTheTailMoves() {
        guest.ram(QUEUE, -1L, -1L, -1L, -1L);
        assertThat(request(0x1_2345, 0x1FF, LAST, 15, 0x7F00_0000_1ABCL, 7)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(guest.ram(QUEUE)).as("PRIV, EXE, PASID, RID, PP, type").isEqualTo(0x0031_2345_0108_0101L);
        assertThat(guest.ram(QUEUE + 8)).as("address, PRGI, LPIG, WR, RD").isEqualTo(0x7F00_0000_1FFFL);
        assertThat(guest.ram(QUEUE + 16)).isZero();
        assertThat(guest.ram(QUEUE + 24)).isZero();
        assertThat(guest.readq(PQT)).isEqualTo(32);
        assertThat(guest.readl(PRS)).isEqualTo(PPR);
        assertThat(guest.messages.take()).containsExactly("fee03000:81");
    }

    @Test
    void requestWithoutPasidHasNoPasidNorItsRights() {
        request(-1, 1, 0, 15, 0x2000, 7);
        assertThat(guest.ram(QUEUE)).isEqualTo(0x0108_0001L);
        assertThat(guest.ram(QUEUE + 8)).isEqualTo(0x200B);
    }

    @Test
    void requestInvalidatesWhatItShowsToBeStaleFirst() {
        request(5, 1, LAST, READ, 0x2345, 7);
        assertThat(sink.take()).containsExactly("requested 108/5 2000");
    }

    @Test
    void eventIsSentOnlyWhenNoConditionWasPending() {
        request(5, 1, LAST, READ, 0x1000, 7);
        request(5, 2, LAST, READ, 0x2000, 8);
        assertThat(guest.messages.take()).hasSize(1);
        guest.writel(PRS, PPR);
        request(5, 3, LAST, READ, 0x3000, 9);
        assertThat(guest.messages.take()).hasSize(1);
    }

    @Test
    void maskedEventWaitsAndServicingWithdrawsIt() {
        guest.writel(PECTL, 0x8000_0000L);
        request(5, 1, LAST, READ, 0x1000, 7);
        assertThat(guest.readl(PECTL)).isEqualTo(0xC000_0000L);
        guest.writel(PRS, PPR);
        assertThat(guest.readl(PECTL)).isEqualTo(0x8000_0000L);
        assertThat(guest.messages.take()).isEmpty();
    }

    @Test
    void eventIsMaskedAtReset() {
        assertThat(new TestGuest().readl(PECTL)).isEqualTo(0x8000_0000L);
    }

    @Test
    void fullQueueSetsProAnswersSuccessAndDropsUntilProIsCleared() {
        for (int i = 0; i < 127; i++) {
            assertThat(request(5, i, LAST, READ, 0x1000, i)).isEqualTo(FaultDisposition.DELIVERED);
        }
        guest.messages.take();
        guest.writel(PRS, PPR);
        assertThat(request(5, 200, LAST, READ, 0x1000, 200)).isEqualTo(FaultDisposition.PAGE_REQUEST_OVERFLOW);
        assertThat(guest.readl(PRS)).isEqualTo(PRO);
        assertThat(guest.messages.take()).as("overflow is a condition of its own").hasSize(1);
        assertThat(guest.answers).as("the device is to try again").containsExactly("3/200/0");
        guest.writeq(PQH, guest.readq(PQT));
        assertThat(request(5, 201, LAST, READ, 0x1000, 201)).as("PRO still blocks").isEqualTo(
                FaultDisposition.PAGE_REQUEST_OVERFLOW);
        assertThat(guest.messages.take()).isEmpty();
        guest.writel(PRS, PRO);
        assertThat(request(5, 202, LAST, READ, 0x1000, 202)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(guest.readq(PQT)).as("the ring wraps").isZero();
    }

    @Test
    void onlyTheLastRequestOfADroppedGroupIsAnswered() {
        for (int i = 0; i < 127; i++) {
            request(5, i, 0, READ, 0x1000, i);
        }
        request(5, 200, 0, READ, 0x1000, 200);
        request(5, 200, LAST, READ, 0x2000, 200);
        assertThat(guest.answers).containsExactly("3/200/0");
    }

    @ParameterizedTest
    @CsvSource({ "0,0", "1,1", "F,2", "7,1" })
    void guestsAnswerGoesBackByCookie(final String code, final int answer) {
        request(0x1_2345, 0x1FF, LAST, READ, 0x1000, 77);
        respond(0x0001_2345_0108_0019L | Long.parseLong(code, 16) << 12, 0x0FF8);
        assertThat(guest.answers).containsExactly("3/77/" + answer);
    }

    @Test
    void answerIsMatchedByRequesterPasidAndGroup() {
        request(5, 1, LAST, READ, 0x1000, 51);
        request(-1, 1, LAST, READ, 0x1000, 52);
        request(6, 1, LAST, READ, 0x1000, 53);
        respond(0x0108_0009L, 8);
        assertThat(guest.answers).as("without PASID is not PASID 0").containsExactly("3/52/0");
        respond(0x6_0108_0019L, 8);
        respond(0x5_0108_1019L, 8);
        assertThat(guest.answers).containsExactly("3/52/0", "3/53/0", "3/51/1");
    }

    @Test
    void answerToNothingIsIgnored() {
        request(5, 1, LAST, READ, 0x1000, 51);
        respond(0x5_0109_0019L, 8);
        respond(0x5_0108_0019L, 16);
        respond(0x5_0108_0019L, 8);
        respond(0x5_0108_0019L, 8);
        assertThat(guest.answers).as("once").containsExactly("3/51/0");
        assertThat(guest.readl(TestGuest.FSTS)).isZero();
    }

    @Test
    void requestInLegacyModeIsAFaultAndAnsweredInvalid() {
        final TestGuest legacy = new TestGuest().boot(0);
        record.clear();
        record.kind(FaultKind.PAGE_REQUEST).source(3).guestDevice(8).cookie(9).word(0, LAST).word(1, READ)
                .word(2, 0x5000);
        assertThat(legacy.unit.inject(record)).isEqualTo(FaultDisposition.PAGE_REQUEST_INVALID);
        assertThat(legacy.answers).containsExactly("3/9/1");
        assertThat(legacy.readq(legacy.faultOffset() + 8)).as("RTA.3, type page request").isEqualTo(
                0x8000_0032_1000_0008L);
        assertThat(legacy.readq(legacy.faultOffset())).isEqualTo(0x5000);
    }

    @Test
    void requestWhileTranslationIsOffIsAnsweredInvalidWithoutAFault() {
        guest.writel(0x18, 0);
        assertThat(request(5, 1, LAST, READ, 0x1000, 51)).isEqualTo(FaultDisposition.PAGE_REQUEST_INVALID);
        assertThat(guest.answers).containsExactly("3/51/1");
        assertThat(guest.readl(TestGuest.FSTS)).isZero();
    }

    @Test
    void requestThatTheTablesForbidIsRecordedUnlessSuppressed() {
        final VtdCapabilities capabilities = new VtdCapabilities(guest.readq(8), guest.readq(16));
        final RegisterFrame frame = new RegisterFrame(capabilities, false);
        final RegisterFile registers = frame.registers();
        final RemappingState state = new RemappingState(registers);
        new GlobalCommand(frame, state, new Unmoved(),
                new Drain(nanos -> true, () -> false));
        registers.write(0x20, 8, 1 << 10);
        registers.write(0x18, 4, 0xC000_0000L);
        final PageRequestQueue queue = new PageRequestQueue(frame,
                new IommuPlatform(guest.memory, guest.messages,
                        (source, cookie, code) -> guest.answers.add(source + "/" + cookie + "/" + code)),
                sink::pageRequested);
        final FaultInjection injection = new FaultInjection(
                new FaultRecordingRegisters(frame, EventLine.fault(registers, guest.messages), false),
                new PhysicalFaultPolicy(state, new Refusing()), queue, LostEventPolicy.LOG, state);
        record.clear();
        record.kind(FaultKind.PAGE_REQUEST).source(3).guestDevice(8).cookie(9).pasid(6).word(0, LAST).word(1, READ);
        assertThat(injection.inject(record)).isEqualTo(FaultDisposition.PAGE_REQUEST_INVALID);
        assertThat(registers.read(0x34, 4)).as("FPD").isZero();
        record.pasid(5).cookie(10);
        assertThat(injection.inject(record)).isEqualTo(FaultDisposition.PAGE_REQUEST_INVALID);
        assertThat(registers.read(0x228, 8)).as("SCT.8 with PASID").isEqualTo(0x8000_0547_9000_0008L);
        assertThat(guest.answers).containsExactly("3/9/1", "3/10/1");
        assertThat(registers.read(PQT, 8)).isZero();
    }

    @Test
    void queueOutsideMemoryTakesNothing() {
        guest.writeq(0xD0, 0x3F_0000_0000L);
        assertThat(request(5, 1, LAST, READ, 0x1000, 51)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(guest.answers).containsExactly("3/51/1");
        assertThat(guest.readq(PQT)).isZero();
    }

    @Test
    void stopMarkerIsQueuedButNotAnswered() {
        assertThat(request(5, 0, LAST, 0, 0, 51)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(guest.ram(QUEUE + 8)).isEqualTo(4);
        respond(0x5_0108_0019L, 0);
        guest.unit.reset();
        assertThat(guest.answers).isEmpty();
    }

    @Test
    void resetAnswersWhatIsStillOpenOnce() {
        request(5, 1, LAST, READ, 0x1000, 51);
        request(5, 2, 0, READ, 0x1000, 52);
        guest.unit.reset();
        assertThat(guest.answers).containsExactly("3/51/1");
    }

    @Test
    void tooManyOpenGroupsOfOneKeyAreTurnedAwayAsByAFullQueue() {
        final PendingGroups groups = new PendingGroups();
        final long key = PendingGroups.key(8, 5, 1);
        int taken = 0;
        while (groups.add(key, 1, taken)) {
            taken++;
        }
        assertThat(taken).isEqualTo(16);
        final int[] answered = new int[1];
        for (int i = 0; i < 20; i++) {
            groups.answer(key, (source, cookie, code) -> answered[0]++, 0);
        }
        assertThat(answered[0]).isEqualTo(16);
    }

    @Test
    void waitWithDrainCompletesAfterRequestsAreInTheQueue() {
        request(5, 1, LAST, READ, 0x1000, 51);
        guest.ram(0x2_0000, 0x1_0000_00A5L, 0x3_0000, 0, 0);
        guest.writel(0x88, 32);
        assertThat((int) guest.ram(0x3_0000)).isEqualTo(1);
        assertThat(guest.readl(TestGuest.FSTS)).isZero();
    }

    /** Tables that forbid page requests with PASID 5, and suppress the report of others. */
    private static final class Refusing implements GuestTables {
        @Override
        public int reasonFor(final int sourceId, final int pasid, final long address, final int access) {
            return ALLOWED;
        }

        @Override
        public int reasonFor(final int sourceId, final int pasid) {
            return pasid == 5 ? 0x47 : SUPPRESSED;
        }

        @Override
        public boolean faultProcessingDisabled(final int sourceId, final int pasid) {
            return false;
        }
    }

    private static final class Unmoved implements FrameListener {
        @Override
        public void rootTableSet() {
        }

        @Override
        public void interruptTableSet() {
        }

        @Override
        public void translationSwitched(final boolean on) {
        }

        @Override
        public void interruptRemappingSwitched(final boolean on) {
        }

        @Override
        public void compatibilityInterruptsSwitched(final boolean pass) {
            // not asked about
        }

        @Override
        public void queuedInvalidationSwitched(final boolean on) {
        }

        @Override
        public void remappingSwitched() {
        }
    }
}
