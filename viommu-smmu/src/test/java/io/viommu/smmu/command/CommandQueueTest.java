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

package io.viommu.smmu.command;

import static io.viommu.smmu.SmmuMachine.CMDQ;
import static io.viommu.smmu.SmmuMachine.CMDQEN;
import static io.viommu.smmu.SmmuMachine.CMDQ_BASE;
import static io.viommu.smmu.SmmuMachine.CMDQ_CONS;
import static io.viommu.smmu.SmmuMachine.CMDQ_PROD;
import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.GERROR;
import static io.viommu.smmu.SmmuMachine.GERRORN;
import static io.viommu.smmu.SmmuMachine.IRQ_CTRL;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.smmu.SmmuMachine;

/** The rules of the Command queue (IHI 0070, 3.5, 4.1.2, 7.1), by register. */
class CommandQueueTest {

    private static final long SYNC = 0x46;
    private static final long SYNC_IRQ = 0x1046;
    private static final long ILLEGAL = 0xFF;
    private static final long NSNH_ALL = 0x30;

    private final SmmuMachine machine = new SmmuMachine();

    private void start(final int log2) {
        machine.write64(CMDQ_BASE, CMDQ | log2);
        machine.write(CMDQ_PROD, 0);
        machine.write(CMDQ_CONS, 0);
        machine.write(IRQ_CTRL, 1);
        machine.write(CR0, CMDQEN);
    }

    private void put(final int index, final long word0) {
        machine.store64(CMDQ + 16L * index, word0);
        machine.store64(CMDQ + 16L * index + 8, 0);
    }

    @Test
    void commandsRunWhenProdIsWrittenAndConsFollows() {
        start(4);
        put(0, NSNH_ALL);
        put(1, SYNC_IRQ);
        machine.write(CMDQ_PROD, 2);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(2);
        assertThat(machine.takeInterrupts()).containsExactly("line 2");
    }

    @Test
    void commandsWaitUntilTheQueueIsEnabled() {
        machine.write64(CMDQ_BASE, CMDQ | 4);
        put(0, SYNC);
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.read(CMDQ_CONS)).isZero();
        machine.write(CR0, CMDQEN);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(1);
    }

    @Test
    void disabledQueueKeepsItsCommands() {
        start(4);
        machine.write(CR0, 0);
        put(0, SYNC);
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.read(CMDQ_CONS)).isZero();
    }

    @Test
    void aFullQueueIsConsumedAndTheWrapFlagToggles() {
        start(2);
        for (int i = 0; i < 4; i++) {
            put(i, SYNC);
        }
        machine.write(CMDQ_PROD, 4);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(4);
        machine.write(CMDQ_PROD, 0);
        assertThat(machine.read(CMDQ_CONS)).as("wrapped back").isZero();
    }

    @Test
    void queueOfOneEntryWorks() {
        start(0);
        put(0, SYNC);
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(1);
        machine.write(CMDQ_PROD, 0);
        assertThat(machine.read(CMDQ_CONS)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = { 5, 6, 7 })
    void inconsistentPointersAreNotFollowed(final long prod) {
        start(2);
        machine.write(CMDQ_PROD, prod);
        assertThat(machine.read(CMDQ_CONS)).isZero();
        assertThat(machine.read(GERROR)).isZero();
    }

    @Test
    @Timeout(30)
    void hostileProdNeverMakesMoreStepsThanTheQueueHolds() {
        machine.write64(CMDQ_BASE, SmmuMachine.RAM | 31);
        machine.write(CR0, CMDQEN);
        machine.write(CMDQ_PROD, 0xF_FFFF);
        assertThat(machine.read(CMDQ_CONS)).isZero();
        for (int i = 0; i < SmmuMachine.RAM_SIZE / 8; i += 2) {
            machine.store64(SmmuMachine.RAM + 8L * i, 0x30);
        }
        machine.write(CMDQ_PROD, 0x8_0000);
        assertThat(machine.read(CMDQ_CONS)).as("stops where memory ends").isEqualTo(0x0201_0000);
    }

    @Test
    void baseIsAlignedToTheQueue() {
        machine.write64(CMDQ_BASE, CMDQ + 0x60 | 4);
        machine.write(CR0, CMDQEN);
        put(0, SYNC_IRQ);
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.takeInterrupts()).containsExactly("line 2");
    }

    @Test
    void illegalCommandStopsTheQueueAtItself() {
        start(4);
        put(0, SYNC);
        put(1, ILLEGAL);
        put(2, SYNC_IRQ);
        machine.write(CMDQ_PROD, 3);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(0x0100_0001);
        assertThat(machine.read(GERROR)).isEqualTo(1);
        assertThat(machine.takeInterrupts()).as("GERROR, and no later command").containsExactly("line 3");
    }

    @Test
    void errorCodeIsThereBeforeTheErrorIsActive() {
        start(4);
        put(0, ILLEGAL);
        final int[] seen = new int[1];
        machine.onInterrupt = () -> seen[0] = machine.read(CMDQ_CONS);
        machine.write(CMDQ_PROD, 1);
        assertThat(seen[0]).isEqualTo(0x0100_0000);
    }

    @Test
    void prodMayMoveWhileTheErrorIsActiveButNothingRuns() {
        start(4);
        put(0, ILLEGAL);
        put(1, SYNC);
        machine.write(CMDQ_PROD, 2);
        machine.write(CMDQ_PROD, 3);
        machine.write(CMDQ_PROD, 0);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(0x0100_0000);
    }

    @Test
    void acknowledgingTheErrorRestartsAndCommandsAreFetchedAgain() {
        start(4);
        put(0, ILLEGAL);
        put(1, SYNC_IRQ);
        machine.write(CMDQ_PROD, 2);
        machine.takeInterrupts();
        put(0, SYNC);
        machine.write(GERRORN, 1);
        assertThat(machine.read(CMDQ_CONS)).as("ERR stays as it was").isEqualTo(0x0100_0002);
        assertThat(machine.takeInterrupts()).containsExactly("line 2");
    }

    @Test
    void acknowledgingWithoutMendingFailsAgain() {
        start(4);
        put(0, ILLEGAL);
        machine.write(CMDQ_PROD, 1);
        machine.write(GERRORN, 1);
        assertThat(machine.read(GERROR)).as("toggled back").isZero();
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(0x0100_0000);
        assertThat(machine.takeInterrupts()).containsExactly("line 3", "line 3");
    }

    @Test
    void abortedFetchLeavesConsAndSaysSo() {
        machine.write64(CMDQ_BASE, SmmuMachine.NOWHERE | 4);
        machine.write(CR0, CMDQEN);
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(0x0200_0000);
        assertThat(machine.read(GERROR)).isEqualTo(1);
    }

    @Test
    void consCoversTheSyncBeforeItsSignal() {
        start(4);
        put(0, SYNC_IRQ);
        final int[] seen = new int[1];
        machine.onInterrupt = () -> seen[0] = machine.read(CMDQ_CONS);
        machine.write(CMDQ_PROD, 1);
        assertThat(seen[0]).isEqualTo(1);
    }

    @Test
    void pollingOnAMessageInItsOwnQueueWorksAsLinuxDoesIt() {
        start(4);
        machine.store64(CMDQ, SYNC_IRQ);
        machine.store64(CMDQ + 8, CMDQ);
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.load64(CMDQ) & 0xFFFF_FFFFL).as("the opcode word is overwritten with 0").isZero();
    }

    @Test
    @Timeout(30)
    void handlerThatAcknowledgesForEverDoesNotHoldTheQueue() {
        start(4);
        put(0, ILLEGAL);
        machine.onInterrupt = () -> machine.write(GERRORN, machine.read(GERROR));
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(0x0100_0000);
        put(0, SYNC);
        machine.onInterrupt = () -> {
        };
        machine.write(GERRORN, machine.read(GERROR));
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.read(CMDQ_CONS) & 0xFFFF).isEqualTo(1);
    }

    @Test
    void handlerMayPostCommandsFromWithinAnInterrupt() {
        start(4);
        put(0, SYNC_IRQ);
        put(1, SYNC);
        machine.onInterrupt = () -> machine.write(CMDQ_PROD, 2);
        machine.write(CMDQ_PROD, 1);
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(2);
    }

    @Test
    @Timeout(60)
    void commandsOfManyCpusAreAllExecutedOnce() throws InterruptedException {
        start(8);
        final int[] prod = new int[1];
        final Object lock = new Object();
        final CountDownLatch go = new CountDownLatch(1);
        final List<Thread> cpus = new ArrayList<>();
        final List<Integer> late = new ArrayList<>();
        for (int cpu = 0; cpu < 4; cpu++) {
            cpus.add(Thread.ofPlatform().start(() -> {
                try {
                    go.await();
                } catch (final InterruptedException interrupted) {
                    return;
                }
                for (int i = 0; i < 500; i++) {
                    synchronized (lock) {
                        put(prod[0] & 0xFF, SYNC_IRQ);
                        prod[0] = prod[0] + 1 & 0x1FF;
                        machine.write(CMDQ_PROD, prod[0]);
                        if (machine.read(CMDQ_CONS) != prod[0]) {
                            late.add(i);
                        }
                    }
                }
            }));
        }
        go.countDown();
        for (final Thread cpu : cpus) {
            cpu.join();
        }
        assertThat(late).isEmpty();
        assertThat(machine.takeInterrupts()).hasSize(2000);
    }
}
