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
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.WRITE;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;

import io.viommu.iommu.AtsSession;
import io.viommu.iommu.DmaSession;
import io.viommu.vtd.dma.VtdSession;

/** What registers do to DMA that sessions make, the whole unit in between. */
class UnitTest {

    private static final long PMEN = 0x64;

    private static void protect(final DmaGuest guest, final long base, final long limit) {
        guest.writel(0x68, base);
        guest.writel(0x6C, limit);
        guest.writel(PMEN, 0x8000_0000L);
    }

    @Test
    void protectedMemoryIsOutOfReachWhateverTranslationSays() {
        try (DmaGuest guest = new DmaGuest(TestTables.legacy(), "protected-memory=on")) {
            assertThat(guest.dma(NO_PASID, IOVA, WRITE)).isEqualTo(DmaSession.OK);
            protect(guest, PAGE & ~0xF_FFFFL, PAGE & ~0xF_FFFFL);
            assertThat(guest.dma(NO_PASID, IOVA, WRITE)).as("out of the cache, too").isEqualTo(DmaSession.ABORTED);
            assertThat(guest.record(0)).as("nothing is recorded").isNull();
            guest.writel(0x18, 0);
            assertThat(guest.dma(NO_PASID, PAGE, READ)).as("translation off").isEqualTo(DmaSession.ABORTED);
            assertThat(guest.dma(NO_PASID, IOVA, READ)).isEqualTo(DmaSession.OK);
            assertThat(guest.session.span()).as("regions may begin at any page").isEqualTo(0x1000);
            guest.writel(PMEN, 0);
            assertThat(guest.dma(NO_PASID, PAGE, READ)).isEqualTo(DmaSession.OK);
        }
    }

    @Test
    void tablesMayLieInProtectedMemory() {
        try (DmaGuest guest = new DmaGuest(TestTables.legacy(), "protected-memory=on")) {
            protect(guest, 0, 0);
            assertThat(guest.dma(NO_PASID, IOVA, WRITE)).isEqualTo(DmaSession.OK);
        }
    }

    @Test
    void aNewRootTableTakesEffectWithoutFurtherInvalidation() {
        try (DmaGuest guest = new DmaGuest(TestTables.legacy(), "")) {
            assertThat(guest.dma(NO_PASID, IOVA, WRITE)).isEqualTo(DmaSession.OK);
            guest.writeq(0x20, TestMemory.NOWHERE);
            assertThat(guest.dma(NO_PASID, IOVA, WRITE)).isEqualTo(DmaSession.OK);
            guest.command(1L << 30);
            assertThat(guest.dma(NO_PASID, IOVA, WRITE)).isEqualTo(DmaSession.ABORTED);
        }
    }

    @Test
    void switchingTranslationOffWaitsForDmaUnderWay() throws InterruptedException {
        try (DmaGuest guest = new DmaGuest(TestTables.legacy(), "")) {
            final CountDownLatch inside = new CountDownLatch(1);
            final CountDownLatch leave = new CountDownLatch(1);
            final AtomicBoolean left = new AtomicBoolean();
            final VtdSession other = guest.unit.openSession();
            final Thread device = new Thread(() -> {
                other.begin();
                other.translate(TestTables.SID, NO_PASID, IOVA, WRITE);
                inside.countDown();
                await(leave);
                left.set(true);
                other.end();
            });
            device.start();
            inside.await();
            final Thread vcpu = new Thread(() -> guest.writel(0x18, 0));
            vcpu.start();
            leave.countDown();
            vcpu.join();
            assertThat(left).isTrue();
            assertThat(guest.readl(0x1C) >>> 31).isZero();
            device.join();
            other.close();
        }
    }

    private static void await(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void translatedRequestsOfATrustedDeviceGoWhereTheySay() {
        try (DmaGuest guest = new DmaGuest(TestTables.secondStage(), "")) {
            assertThat(guest.dma(PASID, PAGE, DmaSession.TRANSLATED | WRITE)).isEqualTo(DmaSession.OK);
            assertThat(guest.session.address()).isEqualTo(PAGE);
            assertThat(guest.dma(NO_PASID, 0xFEE0_0000L, DmaSession.TRANSLATED | WRITE)).isEqualTo(DmaSession.ABORTED);
            assertThat(guest.record(0)).isEqualTo("a0000087 00000108 00000000 fee00000");
        }
    }

    @Test
    void translationRequestsAnswerByWhatTheTablesSay() {
        try (DmaGuest guest = new DmaGuest(TestTables.secondStage(), "")) {
            final VtdSession session = guest.session;
            assertThat(session.requestTranslation(TestTables.SID, PASID, IOVA, WRITE))
                    .isEqualTo(AtsSession.ATS_SUCCESS);
            assertThat(session.atsRights()).isEqualTo(AtsSession.ATS_READ | AtsSession.ATS_WRITE);
            assertThat(session.address()).isEqualTo(PAGE | IOVA & 0xFFF);
            guest.tables.memory.put(secondEntry(1, IOVA), 0);
            assertThat(session.requestTranslation(TestTables.SID, PASID, IOVA, READ)).isEqualTo(AtsSession.ATS_SUCCESS);
            assertThat(session.atsRights()).isZero();
            assertThat(guest.record(0)).as("a missing page is no fault").isNull();
            guest.tables.memory.put(secondEntry(2, IOVA), TestMemory.NOWHERE | 3);
            assertThat(session.requestTranslation(TestTables.SID, PASID, IOVA, READ)).isEqualTo(AtsSession.ATS_ABORT);
            assertThat(guest.record(0)).isEqualTo("d0004578 80000108 00000000 00405000");
            guest.writel(0x18, 0);
            assertThat(session.requestTranslation(TestTables.SID, PASID, IOVA, READ))
                    .isEqualTo(AtsSession.ATS_UNSUPPORTED);
        }
    }
}
