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

package io.viommu.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GuestInterruptsTest {

    private final GuestInterrupts interrupts = new GuestInterrupts(0x1000);

    @Test
    void aMessageToTheDoorbellIsPendingUntilTaken() {
        assertThat(interrupts.message(0x1000, GuestInterrupts.FIRST_DATA + 3)).isTrue();
        assertThat(interrupts.message(0x1000, GuestInterrupts.FIRST_DATA + 5)).isTrue();
        assertThat(interrupts.take(0)).isEqualTo(1 << 3 | 1 << 5);
        assertThat(interrupts.take(0)).isZero();
    }

    @Test
    void aMessageElsewhereIsAborted() {
        assertThat(interrupts.message(0x2000, GuestInterrupts.FIRST_DATA)).isFalse();
        assertThat(interrupts.raised()).isZero();
    }

    @Test
    void unknownDataIsSwallowed() {
        assertThat(interrupts.message(0x1000, -1)).isTrue();
        assertThat(interrupts.take(0)).isZero();
    }

    @Test
    void onlyTheRisingEdgeOfARequestedWireInterrupts() {
        interrupts.line(0, true);
        assertThat(interrupts.raised()).as("not requested").isZero();
        interrupts.line(0, false);
        interrupts.requestWires(1);
        interrupts.line(0, true);
        interrupts.line(0, true);
        assertThat(interrupts.raised()).isEqualTo(1);
        interrupts.pulse(0);
        assertThat(interrupts.raised()).as("it was high already").isEqualTo(1);
        interrupts.pulse(0);
        assertThat(interrupts.raised()).isEqualTo(2);
    }

    @Test
    void whoWaitsIsWoken() throws Exception {
        final CompletableFuture<Integer> taken = CompletableFuture
                .supplyAsync(() -> interrupts.take(TimeUnit.SECONDS.toNanos(20)));
        interrupts.message(0x1000, GuestInterrupts.FIRST_DATA);
        assertThat(taken.get(20, TimeUnit.SECONDS)).isEqualTo(1);
    }
}
