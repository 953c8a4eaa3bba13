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

package io.viommu.smmu.register;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.interrupt.InterruptSink;
import io.viommu.smmu.Features;
import io.viommu.smmu.SmmuMachine;

/** GERROR, GERRORN and their interrupt (IHI 0070, 7.5). */
class GlobalErrorsTest {

    private static final SmmuCapabilities CAPABILITIES = Features.everything().build();

    private static RegisterFrame frame(final SmmuMachine machine) {
        return frame(machine, machine);
    }

    private static RegisterFrame frame(final SmmuMachine machine, final InterruptSink sink) {
        return new RegisterFrame(CAPABILITIES, new MessagePort(machine.memory, sink, CAPABILITIES), new Silence());
    }

    @Test
    void disablingTheGerrorInterruptWaitsForTheMessageUnderWayAndItsAbort() throws InterruptedException {
        final SmmuMachine machine = new SmmuMachine();
        final RegisterFrame frame = frame(machine);
        frame.write(0x68, 8, SmmuMachine.DOORBELL);
        frame.write(0x50, 4, 1);
        machine.messagesAbort = true;
        final long[] errors = new long[1];
        final Thread guest = new Thread(() -> {
            frame.write(0x50, 4, 0);
            errors[0] = frame.read(0x60, 4);
        });
        machine.onInterrupt = () -> {
            if (guest.getState() == Thread.State.NEW) {
                guest.start();
                while (guest.getState() != Thread.State.TIMED_WAITING && guest.isAlive()) {
                    Thread.onSpinWait();
                }
            }
        };
        frame.errors().activate(1);
        guest.join();
        assertThat(errors[0]).isEqualTo(0x81);
        assertThat(frame.read(0x54, 4)).isZero();
    }

    @Test
    void anErrorIsActiveUntilItsBitsAreEqualAgain() {
        final SmmuMachine machine = new SmmuMachine();
        final RegisterFrame frame = frame(machine);
        frame.write(0x50, 4, 1);
        frame.errors().activate(4);
        assertThat(frame.read(0x60, 4)).isEqualTo(4);
        assertThat(machine.takeInterrupts()).containsExactly("line 3");
        frame.errors().activate(4);
        assertThat(frame.read(0x60, 4)).as("not toggled while active").isEqualTo(4);
        assertThat(machine.takeInterrupts()).isEmpty();
        frame.write(0x64, 4, 4);
        assertThat(frame.errors().isActive(4)).isFalse();
        frame.errors().activate(4);
        assertThat(frame.read(0x60, 4)).as("toggles back").isZero();
        assertThat(frame.read(0x64, 4)).as("GERRORN is never altered").isEqualTo(4);
        assertThat(frame.errors().isActive(4)).isTrue();
        assertThat(machine.takeInterrupts()).containsExactly("line 3");
    }

    @Test
    void togglingGerrornForAnInactiveErrorActivatesNothing() {
        final SmmuMachine machine = new SmmuMachine();
        final RegisterFrame frame = frame(machine);
        frame.write(0x64, 4, 0xFFFF_FFFFL);
        assertThat(frame.read(0x64, 4)).as("only errors that there are").isEqualTo(0x1FD);
        assertThat(frame.errors().isActive(0x1FD)).isFalse();
        frame.errors().activate(1);
        assertThat(frame.read(0x60, 4) & 1).as("differs from GERRORN").isZero();
        frame.write(0x64, 4, 0);
        assertThat(frame.errors().isActive(1)).isFalse();
    }

    @Test
    void gerrorInterruptsOnlyWhenEnabledAndByMessageIfConfigured() {
        final SmmuMachine machine = new SmmuMachine();
        final RegisterFrame frame = frame(machine);
        frame.write(0x68, 8, SmmuMachine.DOORBELL);
        frame.write(0x70, 4, 0x55);
        frame.errors().activate(1);
        assertThat(machine.takeInterrupts()).isEmpty();
        frame.write(0x50, 4, 1);
        assertThat(machine.takeInterrupts()).as("only later occurrences").isEmpty();
        frame.errors().activate(4);
        assertThat(machine.takeInterrupts()).containsExactly("msi 0x8020040 0x55", "line 3");
    }

    @Test
    void anAbortedGerrorMessageIsAnErrorWithoutInterrupt() {
        final SmmuMachine machine = new SmmuMachine();
        final RegisterFrame frame = frame(machine);
        machine.messagesAbort = true;
        frame.write(0x68, 8, SmmuMachine.DOORBELL);
        frame.write(0x50, 4, 1);
        frame.errors().activate(1);
        assertThat(frame.read(0x60, 4)).isEqualTo(0x81);
        assertThat(machine.takeInterrupts()).isEqualTo(List.of("msi 0x8020040 0x0", "line 3"));
    }

    /** Each handler disables the interrupt that the other one is handling, so neither may stand in its write. */
    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void handlersOfTwoErrorsAtOnceDontWaitForEachOther() throws InterruptedException {
        final CyclicBarrier both = new CyclicBarrier(2);
        final RegisterFrame[] guest = new RegisterFrame[1];
        final RegisterFrame frame = frame(new SmmuMachine(), new InterruptSink() {
            @Override
            public boolean message(final long address, final int data) {
                return true;
            }

            @Override
            public void line(final int line, final boolean level) {
                if (level) {
                    meet(both);
                    guest[0].write(0x50, 4, 0);
                    meet(both);
                }
            }
        });
        guest[0] = frame;
        frame.write(0x50, 4, 1);
        final Thread other = new Thread(() -> frame.errors().activate(1));
        other.start();
        frame.errors().activate(4);
        other.join();
        assertThat(frame.read(0x60, 4)).isEqualTo(5);
    }

    private static void meet(final CyclicBarrier both) {
        try {
            both.await();
        } catch (final InterruptedException | BrokenBarrierException broken) {
            throw new IllegalStateException(broken);
        }
    }
}
