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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sink may run the guest's handler at once, and the handler may use the registers (InterruptSink). */
class MessageHandlerTest {

    private static final long IQT = 0x88;
    private static final long IQA = 0x90;
    private static final long QUEUE = 0x1_0000;
    private static final long STATUS = 0x2_0000;
    private static final long WAIT_STATUS = 5 | 1 << 5 | 1L << 32;

    private final TestGuest guest = new TestGuest();

    private void queueOn() {
        guest.ram(QUEUE, WAIT_STATUS, STATUS);
        guest.writeq(IQA, QUEUE);
        guest.writel(0x18, 1 << 26);
    }

    private void awaitStatus() throws InterruptedException {
        while (guest.ram(STATUS) == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Test
    void aHandlerMayInvalidateWhileItsOwnMessageIsTheOnlyOne() {
        queueOn();
        guest.messages.handler = () -> {
            guest.writel(IQT, 16);
            assertThat(guest.ram(STATUS)).as("at once").isEqualTo(1);
        };
        guest.unit.deviceMessage(8, 0xFEE0_0000L, 0x41);
        assertThat(guest.messages.take()).containsExactly("fee00000:41");
    }

    /** Each message is under way for the other's wait, so neither may stand in the register write. */
    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void twoHandlersThatInvalidateAtOnceDontWaitForEachOther() throws InterruptedException {
        queueOn();
        final CyclicBarrier both = new CyclicBarrier(2);
        guest.messages.handler = () -> {
            try {
                both.await();
                guest.writel(IQT, 16);
                both.await();
            } catch (final Exception broken) {
                throw new IllegalStateException(broken);
            }
        };
        final Thread other = new Thread(() -> guest.unit.deviceMessage(8, 0xFEE0_0000L, 0x41));
        other.start();
        guest.unit.deviceMessage(16, 0xFEE0_0000L, 0x42);
        other.join();
        awaitStatus();
        assertThat(guest.readl(IQT - 8)).as("IQH").isEqualTo(16);
    }
}
