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

package io.viommu.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.agrona.concurrent.status.AtomicCounter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutcome;

class CounterFileTest {

    @TempDir
    private Path folder;

    @Test
    void countersAreReadLiveThroughTheFile() {
        final Path path = folder.resolve("counters");
        try (CounterFile file = CounterFile.create(path)) {
            final AtomicCounter one = file.add("faults read");
            file.add("interrupts").set(5);
            one.getAndAdd(3);
            file.publish();
            final Map<String, Long> seen = new LinkedHashMap<>();
            final long pid = CounterFile.read(path, seen::put);
            assertThat(pid).isEqualTo(ProcessHandle.current().pid());
            assertThat(seen).containsExactly(Map.entry("faults read", 3L), Map.entry("interrupts", 5L));
            one.getAndAdd(1);
            file.publish();
            CounterFile.read(path, seen::put);
            assertThat(seen).containsEntry("faults read", 4L);
        }
        final Map<String, Long> after = new LinkedHashMap<>();
        CounterFile.read(path, after::put);
        assertThat(after).containsEntry("faults read", 4L);
    }

    @Test
    void otherFilesAreRefusedInOneSentence() throws IOException {
        final Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> CounterFile.read(missing, (label, value) -> {
        })).hasMessage(missing + " can't be read");
        final Path small = Files.write(folder.resolve("small"), new byte[3]);
        assertThatThrownBy(() -> CounterFile.read(small, (label, value) -> {
        })).hasMessageContaining("not a file of viommu counters");
        final Path zeros = Files.write(folder.resolve("zeros"), new byte[4096]);
        assertThatThrownBy(() -> CounterFile.read(zeros, (label, value) -> {
        })).hasMessageContaining("not a file of viommu counters");
    }

    @Test
    void accountSumsByOutcome() {
        final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "unit");
        account.add(FaultDisposition.DELIVERED, 10);
        account.add(FaultDisposition.HOST_STAGE_2, 2);
        account.add(FaultDisposition.HOST_EVENT, 3);
        account.add(FaultDisposition.NO_ROUTE, 1);
        assertThat(account.count(FaultOutcome.HOST_ONLY)).isEqualTo(5);
        assertThat(account.count(FaultOutcome.DELIVERED)).isEqualTo(10);
        assertThat(account.count(FaultDisposition.HOST_EVENT)).isEqualTo(3);
        assertThat(account.count(FaultOutcome.OVERFLOW)).isZero();
        assertThat(account.settled()).isEqualTo(16);
    }

    @Test
    void everyDispositionHasACounterAndEveryFailureAReason() {
        final CounterFile counters = CounterFile.inMemory();
        new FaultAccount(counters, "unit");
        final Map<String, Long> labels = new LinkedHashMap<>();
        counters.forEach(labels::put);
        assertThat(labels).hasSize(FaultDisposition.values().length + 1)
                .containsKeys("unit overflow: queue full", "unit lost by the host");
        for (final FaultDisposition disposition : FaultDisposition.values()) {
            assertThat(disposition.reason() == null).isEqualTo(disposition == FaultDisposition.DELIVERED);
        }
    }

    @Test
    void countersOfClosedOwnersAreGivenBackForEver() {
        final CounterFile counters = CounterFile.inMemory();
        for (int i = 0; i < 5000; i++) {
            final FaultAccount account = new FaultAccount(counters, "vm" + i);
            account.add(FaultDisposition.DELIVERED, i);
            account.close();
            account.close();
            assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(i);
        }
        final Map<String, Long> seen = new LinkedHashMap<>();
        counters.forEach(seen::put);
        assertThat(seen).as("the last ones can be seen until their room is needed").containsEntry("vm4999 delivered",
                4999L);
    }

    @Test
    void anOwnerThatComesBackTakesThePlaceOfItsFormerSelf() {
        final CounterFile counters = CounterFile.inMemory();
        final FaultAccount before = new FaultAccount(counters, "vm");
        before.add(FaultDisposition.DELIVERED, 7);
        before.close();
        final FaultAccount after = new FaultAccount(counters, "vm");
        after.add(FaultDisposition.DELIVERED, 1);
        final Map<String, Long> seen = new LinkedHashMap<>();
        counters.forEach((label, value) -> seen.merge(label, value, Long::sum));
        assertThat(seen).hasSize(FaultDisposition.values().length + 1).containsEntry("vm delivered", 1L);
        assertThat(before.count(FaultDisposition.DELIVERED)).isEqualTo(7);
    }

    @Test
    void aClosedAccountGoesOnCountingAndTouchesNobodyElses() {
        final CounterFile counters = CounterFile.inMemory();
        final FaultAccount closed = new FaultAccount(counters, "vm");
        closed.add(FaultDisposition.DELIVERED, 7);
        closed.addLost(3);
        closed.close();
        final FaultAccount next = new FaultAccount(counters, "vm");
        closed.add(FaultDisposition.DELIVERED, 1);
        closed.addLate(FaultDisposition.CLOSED);
        closed.addLost(1);
        assertThat(closed.settled()).isEqualTo(9);
        assertThat(closed.lost()).isEqualTo(4);
        assertThat(next.settled()).isZero();
        assertThat(next.lost()).isZero();
    }

    @Test
    void countersThatAreAllInUseAreRefusedInOneSentenceAndNoneIsLeftBehind() {
        final CounterFile counters = CounterFile.inMemory();
        final List<FaultAccount> open = new ArrayList<>();
        assertThatThrownBy(() -> {
            while (true) {
                open.add(new FaultAccount(counters, "vm" + open.size()));
            }
        }).isInstanceOf(IllegalStateException.class).hasMessageContaining("all 2048 are in use; close what");
        open.getFirst().close();
        open.add(new FaultAccount(counters, "late"));
        open.getLast().add(FaultDisposition.DELIVERED, 5);
        final Map<String, Long> seen = new LinkedHashMap<>();
        counters.forEach(seen::put);
        assertThat(seen).containsEntry("late delivered", 5L).doesNotContainKey("vm0 delivered");
    }

    @Test
    void theFileHasTheLastValuesHoweverManyCloseItAndWithAnInterrupt() throws InterruptedException {
        final Path path = folder.resolve("counters");
        final CounterFile file = CounterFile.create(path);
        final FaultAccount account = new FaultAccount(file, "vm");
        account.add(FaultDisposition.DELIVERED, 41);
        final List<Thread> closers = new ArrayList<>();
        final List<Boolean> kept = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            closers.add(Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                file.close();
                final Map<String, Long> seen = new LinkedHashMap<>();
                CounterFile.read(path, seen::put);
                synchronized (kept) {
                    kept.add(Thread.currentThread().isInterrupted() && seen.get("vm delivered") == 41);
                }
            }));
        }
        for (final Thread closer : closers) {
            closer.join();
        }
        assertThat(kept).containsExactly(true, true, true);
        account.add(FaultDisposition.DELIVERED, 1);
        assertThat(account.count(FaultDisposition.DELIVERED)).as("counting goes on in memory").isEqualTo(42);
        account.close();
        assertThatThrownBy(() -> file.add("late")).isInstanceOf(IllegalStateException.class)
                .hasMessage("The file of counters is closed.");
    }
}
