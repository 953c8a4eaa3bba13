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

package io.viommu.vtd.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.vtd.TestGuest;

/** The queue itself: waits, errors, resumption, widths, order (VT-d 6.5.2). */
class InvalidationQueueTest {

    private final QueueDriver queue = new QueueDriver(false, 0);

    @Test
    void waitWritesItsStatusLittleEndianAndOnlyFourBytes() {
        queue.guest.ram(QueueDriver.STATUS, -1L);
        queue.submit(0xDEAD_BEEF_0000_0025L, QueueDriver.STATUS);
        assertThat(queue.guest.ram(QueueDriver.STATUS)).isEqualTo(0xFFFF_FFFF_DEAD_BEEFL);
        assertThat(queue.head()).isEqualTo(0x10);
        assertThat(queue.guest.messages.take()).isEmpty();
    }

    @Test
    void waitWithInterruptFlagSetsIwcAndSendsOneEventUntilItIsCleared() {
        queue.submit(0x15, 0);
        assertThat(queue.guest.readl(QueueDriver.ICS)).isEqualTo(1);
        assertThat(queue.guest.messages.take()).containsExactly("fee02000:61");
        queue.submit(0x15, 0);
        assertThat(queue.guest.messages.take()).as("IWC was still set").isEmpty();
        assertThat(queue.head()).as("but the descriptor is completed").isEqualTo(0x20);
        queue.guest.writel(QueueDriver.ICS, 1);
        queue.submit(0x15, 0);
        assertThat(queue.guest.messages.take()).containsExactly("fee02000:61");
    }

    @Test
    void maskedCompletionEventStaysPendingAndClearingIwcWithdrawsIt() {
        queue.guest.writel(QueueDriver.IECTL, 0x8000_0000L);
        queue.submit(0x15, 0);
        assertThat(queue.guest.readl(QueueDriver.IECTL)).isEqualTo(0xC000_0000L);
        queue.guest.writel(QueueDriver.ICS, 1);
        assertThat(queue.guest.readl(QueueDriver.IECTL)).isEqualTo(0x8000_0000L);
    }

    @Test
    void waitWithOnlyAFenceIsValid() {
        queue.submit(0x45, 0);
        assertThat(queue.fsts()).isZero();
        assertThat(queue.head()).isEqualTo(0x10);
    }

    @Test
    void waitForNothingCompletesAndLikeQemuIsAnError() {
        queue.submit(0x5, 0);
        assertThat(queue.fsts()).isZero();
        assertThat(queue.head()).isEqualTo(0x10);
        final QueueDriver qemu = new QueueDriver(true, 0, Map.of("compat", "qemu"));
        qemu.submit(0x5, 0);
        assertThat(qemu.fsts()).isEqualTo(0x10);
        assertThat(qemu.head()).isZero();
    }

    @Test
    void statusIsVisibleBeforeTheEventIsSent() {
        queue.put(0x7_0000_0035L, QueueDriver.STATUS);
        queue.ring();
        assertThat(queue.guest.ram(QueueDriver.STATUS)).isEqualTo(7);
        assertThat(queue.guest.messages.take()).containsExactly("fee02000:61");
    }

    @Test
    void waitCompletesOnlyAfterTranslationsHaveEndedAndFaultsWereInjected() {
        final StringBuilder order = new StringBuilder();
        queue.sink.onQuiesce = () -> order.append("quiesce status=").append(queue.guest.ram(QueueDriver.STATUS));
        queue.guest.unit.connect(new AwaitedPort(
                () -> order.append(", injected status=").append(queue.guest.ram(QueueDriver.STATUS))));
        assertThat(queue.waited(9)).isTrue();
        assertThat(order.toString()).isEqualTo("quiesce status=0, injected status=0");
    }

    @Test
    void descriptorsAreExecutedInOrderAndTheWaitLast() {
        queue.put(0x11, 0);
        queue.put(0x7_0022, 0);
        queue.put(0x0000_0008_0000_0003L, 0x2000);
        queue.put(0x1_0000_0025L, QueueDriver.STATUS);
        queue.put(0x12, 0);
        queue.ring();
        assertThat(queue.sink.take()).containsExactly("contexts", "domain 7", "device 8/none 2000+0", "quiesce",
                "translations");
    }

    @Test
    void queueWrapsAroundAtItsSize() {
        for (int i = 1; i <= 600; i++) {
            assertThat(queue.waited(i)).isTrue();
        }
        assertThat(queue.head()).isEqualTo(600 * 16 % 4096);
        assertThat(queue.fsts()).isZero();
    }

    @Test
    void errorRecordIsFilledAndTailWritesAreAcceptedButNotProcessed() {
        queue.submit(0xF, 0);
        assertThat(queue.error()).isEqualTo(3);
        assertThat(queue.waited(2)).isFalse();
        assertThat(queue.head()).isZero();
        assertThat(queue.guest.readq(QueueDriver.IQT)).isEqualTo(0x20);
        assertThat(queue.guest.messages.take()).containsExactly("fee00000:41");
    }

    @Test
    void queueResumesByItselfWhenIqeIsCleared() {
        queue.submit(0xF, 0);
        assertThat(queue.waited(2)).isFalse();
        // As Linux does: a copy of the wait over the bad descriptor, then W1C of IQE, and no write of the tail.
        queue.guest.ram(QueueDriver.QUEUE, 0x45, 0);
        queue.guest.writel(TestGuest.FSTS, QueueDriver.IQE);
        assertThat((int) queue.guest.ram(QueueDriver.STATUS)).isEqualTo(2);
        assertThat(queue.head()).isEqualTo(0x20);
        assertThat(queue.fsts()).isZero();
        assertThat(queue.guest.readl(TestGuest.FECTL)).isZero();
    }

    @Test
    void clearingIqeOverAnUnrepairedDescriptorStopsAgainWithANewEvent() {
        queue.submit(0xF, 0);
        queue.guest.messages.take();
        queue.guest.writel(TestGuest.FSTS, QueueDriver.IQE);
        assertThat(queue.fsts()).isEqualTo(QueueDriver.IQE);
        assertThat(queue.guest.messages.take()).containsExactly("fee00000:41");
    }

    @Test
    void descriptorsAheadOfTheErrorAreCompleted() {
        queue.put(0x11, 0);
        queue.put(0x1_0000_0025L, QueueDriver.STATUS);
        queue.put(0xF, 0);
        queue.ring();
        assertThat((int) queue.guest.ram(QueueDriver.STATUS)).isEqualTo(1);
        assertThat(queue.head()).isEqualTo(0x20);
    }

    @Test
    void tailOutsideTheQueueIsAnError() {
        queue.guest.writel(QueueDriver.IQT, 0x1000);
        assertThat(queue.error()).isEqualTo(1);
        assertThat(queue.fsts()).isEqualTo(QueueDriver.IQE);
    }

    @Test
    void misalignedTailOfAWideQueueIsAnError() {
        final QueueDriver wide = new QueueDriver(true, 1);
        wide.guest.writel(QueueDriver.IQT, 0x10);
        assertThat(wide.error()).isEqualTo(6);
    }

    @Test
    void queueOutsideMemoryIsAFetchError() {
        queue.disable();
        queue.guest.writeq(QueueDriver.IQA, 0x3F_0000_0000L);
        queue.enable();
        queue.guest.writel(QueueDriver.IQT, 0x10);
        assertThat(queue.error()).isEqualTo(2);
    }

    @Test
    void widthMustGoWithTheModeAndTheCapabilities() {
        final QueueDriver narrow = new QueueDriver(false, 1);
        narrow.submit(0x11, 0);
        assertThat(narrow.error()).as("128 bits in scalable mode").isEqualTo(5);
        final QueueDriver abort = new QueueDriver(false, 3);
        abort.submit(0x11, 0);
        assertThat(abort.error()).as("128 bits in abort-DMA mode").isEqualTo(5);
        final QueueDriver reserved = new QueueDriver(true, 2);
        reserved.submit(0x11, 0);
        assertThat(reserved.error()).as("reserved mode").isEqualTo(7);
        final QueueDriver old = new QueueDriver(true, 0, Map.of("compat", "qemu"));
        old.submit(0x11, 0);
        assertThat(old.fsts()).as("256 bits without scalable and abort-DMA mode").isEqualTo(QueueDriver.IQE);
        assertThat(old.error()).as("QEMU's unit has no error record").isZero();
    }

    @Test
    void likeQemuScalableModeTakesNarrowDescriptorsOfTheOldTypes() {
        final QueueDriver qemu = new QueueDriver(false, 1, Map.of("compat", "qemu", "scalable-mode", "on"));
        qemu.submit(0x11, 0);
        assertThat(qemu.fsts()).isZero();
        assertThat(qemu.sink.take()).containsExactly("contexts");
        qemu.put(0x37, 0); // PASID cache, global: it came with scalable mode, and with 256 bits
        qemu.ring();
        assertThat(qemu.fsts()).isEqualTo(QueueDriver.IQE);
    }

    @Test
    void tailThatIsAheadWhenTheQueueIsEnabledIsProcessedAtOnce() {
        queue.disable();
        queue.guest.ram(QueueDriver.QUEUE, 0x11, 0);
        queue.guest.writel(QueueDriver.IQT, 0x10);
        assertThat(queue.sink.take()).isEmpty();
        queue.enable();
        assertThat(queue.sink.take()).containsExactly("contexts");
        assertThat(queue.head()).isEqualTo(0x10);
    }

    @Test
    void disablingTheQueueClearsTheHeadAtAnyTime() {
        assertThat(queue.waited(1)).isTrue();
        queue.disable();
        assertThat(queue.head()).isZero();
        assertThat(queue.guest.readl(0x1C) & 1L << 26).isZero();
        queue.enable();
        queue.disable();
        assertThat(queue.guest.readl(0x1C) & 1L << 26).as("even if nothing was ever submitted").isZero();
    }

    @Test
    void deviceThatDoesNotAnswerRaisesIteAndSpoilsTheWait() {
        queue.sink.deviceAnswer = InvalidationSink.TIMED_OUT;
        queue.put(0x0000_0108_0000_0003L, 0);
        queue.put(0x1_0000_0025L, QueueDriver.STATUS);
        queue.put(0x12, 0);
        queue.ring();
        assertThat(queue.fsts()).isEqualTo(QueueDriver.ITE);
        assertThat(queue.guest.readq(QueueDriver.IQERCD) >>> 32 & 0xFFFF).isEqualTo(0x108);
        assertThat(queue.guest.ram(QueueDriver.STATUS)).as("the wait was aborted").isZero();
        assertThat(queue.head()).as("and lies behind, what follows does not").isEqualTo(0x20);
        assertThat(queue.guest.messages.take()).containsExactly("fee00000:41");
        queue.sink.take();
        queue.sink.deviceAnswer = InvalidationSink.COMPLETED;
        queue.guest.writel(TestGuest.FSTS, QueueDriver.ITE);
        assertThat(queue.sink.take()).as("goes on by itself").containsExactly("translations");
        assertThat(queue.waited(2)).isTrue();
    }

    @Test
    void timeOutWithoutAWaitBehindItIsRaisedWhenTheQueueIsEmpty() {
        queue.sink.deviceAnswer = InvalidationSink.TIMED_OUT;
        queue.submit(0x0000_0108_0000_0003L, 0);
        assertThat(queue.fsts()).isEqualTo(QueueDriver.ITE);
    }

    @Test
    void wrongCompletionRaisesIceAndTheQueueGoesOn() {
        queue.sink.deviceAnswer = InvalidationSink.WRONG_COMPLETION;
        queue.put(0x0000_0108_0000_0003L, 0);
        queue.put(0x1_0000_0025L, QueueDriver.STATUS);
        queue.ring();
        assertThat(queue.fsts()).isEqualTo(QueueDriver.ICE);
        assertThat(queue.guest.readq(QueueDriver.IQERCD) >>> 48).isEqualTo(0x108);
        assertThat((int) queue.guest.ram(QueueDriver.STATUS)).isEqualTo(1);
    }

    @Test
    void statusWriteToNowhereStopsTheQueue() {
        queue.submit(0x25, 0x3F_0000_0000L);
        assertThat(queue.fsts()).isEqualTo(QueueDriver.IQE);
        assertThat(queue.error()).isZero();
    }

    @Test
    void rootTablePointerFlushesEverythingAsEsrtpsPromises() {
        queue.guest.writel(0x18, queue.guest.readl(0x1C) | 1L << 30);
        assertThat(queue.sink.take()).startsWith("contexts", "pasids", "translations", "quiesce");
        assertThat(queue.guest.readq(8) >>> 63).isEqualTo(1);
    }

    @Test
    void resetForgetsTheQueueAndAllCaches() {
        queue.submit(0xF, 0);
        queue.sink.take();
        queue.guest.unit.reset();
        assertThat(queue.head()).isZero();
        assertThat(queue.fsts()).isZero();
        assertThat(queue.sink.take()).isEqualTo(
                List.of("contexts", "pasids", "translations", "quiesce", "interrupts", "quiesce"));
    }

    /** A pipeline that only tells when it is waited for. */
    private record AwaitedPort(Runnable awaited) implements FaultPort {
        @Override
        public long claim(final FaultRecord record) {
            return CLOSED;
        }

        @Override
        public void publish(final long claim) {
        }

        @Override
        public void flush() {
        }

        @Override
        public void awaitInjected() {
            awaited.run();
        }

        @Override
        public void account(final FaultDisposition disposition) {
        }
    }
}
