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

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;

class DistinctFaultLogTest {

    @TempDir
    private Path folder;
    private final FaultRecord record = new FaultRecord()
            .wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH)), 0);
    private long time = 1000;

    private FaultRecord fault(final int device, final int kind, final long word0, final long word1) {
        record.clear();
        return record.source(1).hostDevice(device).kind(kind).word(0, word0).word(1, word1);
    }

    /** A line but for its words. */
    private static String line(final int device, final int kind, final int code, final long count, final long first,
            final long last) {
        return "1 %d %d %d: %d, %d to %d".formatted(device, kind, code, count, first, last);
    }

    private static String counted(final DistinctFault fault) {
        assertThat(fault.source()).isEqualTo(1);
        return line(fault.hostDevice(), fault.kind(), fault.code(), fault.count(), fault.first(), fault.last());
    }

    @Test
    void faultsThatDifferInDeviceKindOrReasonHaveALineEach() {
        final DistinctFaultLog log = DistinctFaultLog.inMemory(64, () -> time++);
        log.add(fault(7, FaultKind.SMMU_EVENT, 0x10, 0));
        log.add(fault(7, FaultKind.SMMU_EVENT, 0x13, 0));
        log.add(fault(8, FaultKind.SMMU_EVENT, 0x10, 0));
        log.add(fault(8, FaultKind.VTD_FAULT, 0x1000, 0x05L << 32));
        log.add(fault(8, FaultKind.VTD_FAULT, 0x2000, 0x06L << 32));
        log.add(fault(7, FaultKind.SMMU_EVENT, 0x10 | 5L << 32, 0).word(2, 0xABC000));
        assertThat(log.all()).filteredOn(line -> line.count() == 2).singleElement().satisfies(line -> {
            assertThat(line.firstWords()).containsExactly(0x10L, 0L, 0L, 0L);
            assertThat(line.lastWords()).containsExactly(0x10 | 5L << 32, 0L, 0xABC000L, 0L);
        });
        assertThat(log.all()).extracting(DistinctFaultLogTest::counted).containsExactlyInAnyOrder(
                line(7, FaultKind.SMMU_EVENT, 0x10, 2, 1001, 1006),
                line(7, FaultKind.SMMU_EVENT, 0x13, 1, 1002, 1002),
                line(8, FaultKind.SMMU_EVENT, 0x10, 1, 1003, 1003),
                line(8, FaultKind.VTD_FAULT, 5, 1, 1004, 1004),
                line(8, FaultKind.VTD_FAULT, 6, 1, 1005, 1005));
    }

    @Test
    void whatFindsNoRoomIsCountedTogether() {
        final DistinctFaultLog log = DistinctFaultLog.inMemory(16, () -> time);
        for (int device = 0; device < 100; device++) {
            log.add(fault(device, FaultKind.SMMU_EVENT, 0x10, 0));
        }
        assertThat(log.all()).hasSize(8);
        assertThat(log.others()).isEqualTo(92);
        log.add(fault(0, FaultKind.SMMU_EVENT, 0x10, 0));
        assertThat(log.others()).as("a line that is there goes on").isEqualTo(92);
    }

    @Test
    void aLogIsReadableAfterACrash() throws Exception {
        final Path file = folder.resolve("faults");
        final Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                Crashing.class.getName(), file.toString()).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(134);
        final DistinctFaults read = DistinctFaultLog.read(file);
        assertThat(read.process()).isEqualTo(process.pid());
        assertThat(read.start()).isEqualTo(99);
        assertThat(read.others()).isZero();
        assertThat(read.lines()).extracting(DistinctFaultLogTest::counted).containsExactly(
                line(7, FaultKind.SMMU_EVENT, 0x10, 5, 99, 99));
    }

    /** Adds five faults and is gone, without closing anything. */
    static final class Crashing {
        public static void main(final String[] arguments) {
            final DistinctFaultLog log = DistinctFaultLog.create(Path.of(arguments[0]), 64, () -> 99);
            final FaultRecord record = new FaultRecord()
                    .wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH)), 0);
            record.source(1).hostDevice(7).kind(FaultKind.SMMU_EVENT).word(0, 0x10);
            for (int i = 0; i < 5; i++) {
                log.add(record);
            }
            log.flush();
            Runtime.getRuntime().halt(134);
        }
    }

    @Test
    void whatIsNoLogIsRefusedInOneSentence() throws Exception {
        final Path file = folder.resolve("other");
        assertThatThrownBy(() -> DistinctFaultLog.read(file)).hasMessage(file + " can't be read.");
        Files.write(file, new byte[10]);
        assertThatThrownBy(() -> DistinctFaultLog.read(file)).hasMessage(file + " is not a log of distinct faults.");
        Files.write(file, new byte[1000]);
        assertThatThrownBy(() -> DistinctFaultLog.read(file)).hasMessageContaining("version 1");
        DistinctFaultLog.create(file, 64, () -> 0).close();
        final byte[] whole = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 1));
        assertThatThrownBy(() -> DistinctFaultLog.read(file)).hasMessage(
                file + " is truncated: it has 8255 of its 8256 bytes.");
        for (final int capacity : new int[]{ -1, 0, 48, 1 << 21 }) {
            new UnsafeBuffer(whole).putInt(16, capacity);
            Files.write(file, whole);
            assertThatThrownBy(() -> DistinctFaultLog.read(file)).hasMessage(file
                    + " is damaged: it says that it has room for " + Integer.toUnsignedString(capacity) + " lines.");
        }
        assertThatThrownBy(() -> DistinctFaultLog.read(folder)).hasMessage(folder + " can't be read.");
        assertThatThrownBy(() -> DistinctFaultLog.inMemory(17, () -> 0)).hasMessageContaining("power of two");
    }

    @Test
    void addingAllocatesNothing() {
        final DistinctFaultLog log = DistinctFaultLog.inMemory(64, () -> time++);
        final com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory
                .getThreadMXBean();
        fault(1, FaultKind.SMMU_EVENT, 0x10, 0);
        long allocated = Long.MAX_VALUE;
        for (int stretch = 0; stretch < 200 && allocated > 0; stretch++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                log.add(record);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).isZero();
    }

    @Test
    void aLogClosedWhileFaultsAreAddedKeepsThemInMemoryAndItsFileWhole() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            final Path path = folder.resolve("closed" + round);
            final DistinctFaultLog log = DistinctFaultLog.create(path, 16, () -> 1000);
            final AtomicInteger added = new AtomicInteger();
            final AtomicBoolean stop = new AtomicBoolean();
            final Thread reader = Thread.ofPlatform().start(() -> {
                final FaultRecord fault = new FaultRecord().kind(FaultKind.SMMU_EVENT);
                while (!stop.get() || added.get() % 16 != 0) {
                    fault.source(added.get() % 4);
                    log.add(fault);
                    added.incrementAndGet();
                    if (added.get() % 16 == 0) {
                        log.flush();
                    }
                }
            });
            while (added.get() < 100) {
                Thread.onSpinWait();
            }
            log.close();
            log.close();
            final long atClose = DistinctFaultLog.read(path).lines().stream().mapToLong(DistinctFault::count).sum();
            stop.set(true);
            reader.join();
            assertThat(log.failure()).isNull();
            assertThat(atClose).isBetween(100L, (long) added.get());
            assertThat(log.all().stream().mapToLong(DistinctFault::count).sum()).isEqualTo(added.get());
        }
    }
}
