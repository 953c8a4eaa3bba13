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

package io.viommu.vtd.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.vtd.TestGuest;

/** Primary fault logging (VT-d 7.2.1), with faults that go in as the injector brings them. */
class FaultRecordingRegistersTest {

    private static final long PFO = 1;
    private static final long PPF = 2;
    private static final long CLEAR_F = 0x8000_0000L;
    private static final long REASON_05 = 5L << 32;

    private final TestGuest guest = new TestGuest(Map.of("fault-records", "4")).boot(0);
    private final FaultRecord record = new FaultRecord()
            .wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);

    private FaultDisposition inject(final TestGuest target, final int sid, final long page) {
        record.clear();
        record.kind(FaultKind.VTD_FAULT).asReported(true).guestDevice(sid).word(0, page).word(1, REASON_05 | 0xBEEF);
        return target.unit.inject(record);
    }

    private FaultDisposition inject(final long page) {
        return inject(guest, 8, page);
    }

    private long frcd(final int index) {
        return guest.faultOffset() + 16L * index;
    }

    private long fsts() {
        return guest.readl(TestGuest.FSTS);
    }

    @Test
    void recordHoldsAddressRequesterReasonTypePasidAndF() {
        record.clear();
        record.kind(FaultKind.VTD_FAULT).asReported(true).guestDevice(0x0310).word(0, 0xFFFF_8000_1234_5678L)
                .word(1, 0x7012_3471_F000_BEEFL | 0x0FFF_0000L);
        assertThat(guest.unit.inject(record)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(guest.readq(frcd(0))).as("bits 11:0 read 0").isEqualTo(0xFFFF_8000_1234_5000L);
        assertThat(guest.readq(frcd(0) + 8)).as("F, T1, AT 3, PASID 0x01234, reason 71h, PP, EXE, PRIV, T2, SID")
                .isEqualTo(0xF012_3471_F000_0310L);
        assertThat(guest.readl(frcd(0) + 12)).isEqualTo(0xF012_3471L);
        assertThat(guest.readl(frcd(0) + 8)).isEqualTo(0xF000_0310L);
    }

    @Test
    void firstFaultSetsPpfAndFriAndOneEventAtTheEndOfTheBatch() {
        inject(0x2000);
        assertThat(fsts()).isEqualTo(PPF);
        assertThat(guest.messages.take()).as("not before the batch ends").isEmpty();
        inject(0x3000);
        guest.unit.endOfBatch();
        assertThat(guest.messages.take()).containsExactly("fee00000:41");
        assertThat(fsts()).as("FRI is that of the first").isEqualTo(PPF);
    }

    @Test
    void recordsFillConsecutivelyFromFriNotTheFirstFreeRegister() {
        inject(0x1000);
        inject(0x2000);
        guest.writel(frcd(0) + 12, CLEAR_F);
        inject(0x3000);
        assertThat(guest.readq(frcd(2))).isEqualTo(0x3000);
        assertThat(guest.readq(frcd(0) + 8)).as("left alone").isPositive();
        assertThat(fsts()).as("FRI stays while PPF is set").isEqualTo(PPF);
    }

    @Test
    void friIsWrittenOnlyWhenPpfRises() {
        inject(0x1000);
        inject(0x2000);
        guest.writel(frcd(0) + 12, CLEAR_F);
        guest.writel(frcd(1) + 12, CLEAR_F);
        assertThat(fsts() & PPF).isZero();
        inject(0x3000);
        assertThat(fsts()).isEqualTo(2L << 8 | PPF);
        inject(0x4000);
        inject(0x5000);
        assertThat(fsts()).isEqualTo(2L << 8 | PPF);
        assertThat(guest.readq(frcd(0))).as("the ring wraps").isEqualTo(0x5000);
    }

    @Test
    void ppfIsTheOrOfAllFAndNotWriteable() {
        inject(0x1000);
        inject(0x2000);
        guest.writel(TestGuest.FSTS, 0xFFFF_FFFFL);
        assertThat(fsts()).isEqualTo(PPF);
        guest.writel(frcd(1) + 12, CLEAR_F);
        assertThat(fsts() & PPF).isEqualTo(PPF);
        guest.writel(frcd(0) + 12, CLEAR_F);
        assertThat(fsts() & PPF).isZero();
    }

    @Test
    void onlyBit127ClearsF() {
        inject(0x2abc);
        guest.writeq(frcd(0), -1L);
        guest.writel(frcd(0) + 8, 0xFFFF_FFFFL);
        guest.writeq(frcd(0) + 8, Long.MAX_VALUE);
        assertThat(guest.readq(frcd(0))).isEqualTo(0x2000);
        assertThat(guest.readq(frcd(0) + 8)).isEqualTo(0x8000_0005_0000_0008L);
        guest.writeq(frcd(0) + 8, Long.MIN_VALUE);
        assertThat(guest.readq(frcd(0) + 8)).isEqualTo(0x0000_0005_0000_0008L);
        assertThat(guest.readq(frcd(0))).as("the rest stays").isEqualTo(0x2000);
        assertThat(fsts()).isZero();
    }

    @Test
    void fullRingSetsPfoAndDropsUntilSoftwareClearsIt() {
        for (int i = 0; i < 4; i++) {
            assertThat(inject(0x1000L * i)).isEqualTo(FaultDisposition.DELIVERED);
        }
        assertThat(inject(0x9000)).isEqualTo(FaultDisposition.QUEUE_FULL);
        assertThat(fsts()).isEqualTo(PPF | PFO);
        for (int i = 0; i < 4; i++) {
            guest.writel(frcd(i) + 12, CLEAR_F);
        }
        assertThat(fsts() & 3).isEqualTo(PFO);
        assertThat(inject(0xA000)).as("PFO blocks although there is room").isEqualTo(
                FaultDisposition.OVERFLOW_PENDING);
        guest.writel(TestGuest.FSTS, PFO);
        assertThat(fsts() & 3).isZero();
        assertThat(inject(0xB000)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(guest.readq(frcd(0))).as("recording goes on where it stopped").isEqualTo(0xB000);
    }

    @Test
    void pfoIsNeverSetWithoutPpf() {
        for (int i = 0; i < 40; i++) {
            inject(0x1000L * i);
            if ((fsts() & PFO) != 0) {
                assertThat(fsts() & PPF).isEqualTo(PPF);
                guest.dmarFault();
            }
        }
        assertThat(guest.log).anyMatch(line -> line.endsWith("status reg 3"));
    }

    @Test
    void pendingMessageIsWithdrawnWhenTheLastFIsCleared() {
        guest.writel(TestGuest.FECTL, 0x8000_0000L);
        inject(0x1000);
        guest.unit.endOfBatch();
        assertThat(guest.readl(TestGuest.FECTL)).isEqualTo(0xC000_0000L);
        guest.writel(frcd(0) + 12, CLEAR_F);
        assertThat(guest.readl(TestGuest.FECTL)).as("also by a write to FRCD alone").isEqualTo(0x8000_0000L);
        guest.writel(TestGuest.FECTL, 0);
        assertThat(guest.messages.take()).isEmpty();
    }

    @Test
    void indexReturnsToZeroWhenBothTranslationsAreOff() {
        inject(0x1000);
        guest.writel(frcd(0) + 12, CLEAR_F);
        guest.writel(0x18, 0);
        guest.writel(0x18, 1L << 31);
        inject(0x2000);
        assertThat(guest.readq(frcd(0))).isEqualTo(0x2000);
        guest.writel(frcd(0) + 12, CLEAR_F);
        guest.writel(0x18, 1L << 31 | 1L << 25);
        guest.writel(0x18, 1L << 25);
        guest.writel(0x18, 1L << 31 | 1L << 25);
        inject(0x3000);
        assertThat(guest.readq(frcd(1))).as("interrupt remapping stayed on").isEqualTo(0x3000);
    }

    @Test
    void compressionDropsFurtherFaultsOfAPendingRequester() {
        final TestGuest frugal = new TestGuest(Map.of("fault-compression", "on")).boot(0);
        assertThat(inject(frugal, 8, 0x1000)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(inject(frugal, 8, 0x2000)).isEqualTo(FaultDisposition.MERGED);
        assertThat(inject(frugal, 16, 0x3000)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(frugal.dmarFault()).isTrue();
        assertThat(inject(frugal, 8, 0x2000)).isEqualTo(FaultDisposition.DELIVERED);
    }

    @Test
    void unitThatIsResetForgetsItsFaults() {
        inject(0x1000);
        guest.unit.reset();
        assertThat(fsts()).isZero();
        assertThat(guest.readq(frcd(0) + 8)).isZero();
        assertThat(guest.readl(TestGuest.FECTL)).isEqualTo(0x8000_0000L);
        assertThat(inject(0x1000)).isEqualTo(FaultDisposition.TRANSLATION_DISABLED);
    }

    /** A vCPU clears faults as fast as it can while the injector records: PPF and the F bits must agree at the end. */
    @Test
    void clearingAndRecordingAtOnceNeverLeavesTheGuestDeaf() throws InterruptedException {
        final AtomicBoolean done = new AtomicBoolean();
        final long[] seen = new long[1];
        final Thread driver = new Thread(() -> {
            while (!done.get() || (guest.readl(TestGuest.FSTS) & 3) != 0) {
                final long status = guest.readl(TestGuest.FSTS);
                if ((status & PPF) == 0) {
                    continue;
                }
                int index = (int) (status >>> 8 & 0xFF);
                while ((guest.readl(frcd(index) + 12) & CLEAR_F) != 0) {
                    seen[0]++;
                    guest.writel(frcd(index) + 12, CLEAR_F);
                    index = index + 1 & 3;
                }
                guest.writel(TestGuest.FSTS, PFO);
            }
        });
        driver.start();
        long recorded = 0;
        for (int i = 0; i < 200_000; i++) {
            if (inject(0x1000L * i) == FaultDisposition.DELIVERED) {
                recorded++;
            }
            guest.unit.endOfBatch();
        }
        done.set(true);
        driver.join(20_000);
        assertThat(driver.isAlive()).as("the driver got to the end").isFalse();
        assertThat(seen[0]).as("every recorded fault was met by a walk from FRI").isEqualTo(recorded);
        assertThat(guest.readl(TestGuest.FECTL) & 0x4000_0000L).as("no message is owed").isZero();
    }
}
