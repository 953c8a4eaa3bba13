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
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;

/** Whatever a guest writes, and wherever, the unit neither throws nor hangs; and a bad record does no harm. */
class HostileGuestTest {

    private static final int[] SIZES = { 1, 2, 4, 8, 4, 8, 4, 8 };
    private static final long[] TELLING = { 0, -1L, 1L << 31, 1L << 63, 0xFF00_0000L, 0x1_0000, 0x1_0807, 0x10 };

    private final Random random = new Random(20261123);
    private final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);

    private long value() {
        return switch (random.nextInt(4)) {
            case 0 -> TELLING[random.nextInt(TELLING.length)];
            case 1 -> random.nextInt(0x2_0000);
            default -> random.nextLong();
        };
    }

    private void fillQueue(final TestGuest guest) {
        for (int i = 0; i < 512; i++) {
            final long type = random.nextInt(16);
            guest.ram(0x1_0000 + 32L * i, random.nextLong() & 0x000F_FFFF_FFFF_01F0L | type,
                    random.nextLong() & 0xFF_F041L,
                    random.nextInt(8) == 0 ? random.nextLong() : 0, 0);
        }
    }

    private void record() {
        record.clear();
        record.kind(random.nextInt(8)).guestDevice(random.nextInt()).asReported(random.nextBoolean());
        for (int i = 0; i < 4; i++) {
            record.word(i, value());
        }
        if (random.nextBoolean()) {
            record.pasid(random.nextInt());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "viommu", "qemu" })
    void randomAccessesAndRecordsNeitherThrowNorHang(final String compat) {
        final TestGuest guest = new TestGuest(Map.of("compat", compat, "scalable-mode", "on", "device-iotlb", "on",
                "svm", "on", "protected-memory", "on"));
        assertThatCode(() -> {
            for (int i = 0; i < 200_000; i++) {
                final int size = SIZES[random.nextInt(SIZES.length)];
                final long offset = random.nextInt(16) == 0
                        ? random.nextLong()
                        : random.nextInt(0x2B0) & -(random.nextInt(4) == 0 ? 1 : 4);
                if (random.nextInt(3) == 0) {
                    guest.unit.read(offset, size);
                } else {
                    guest.unit.write(offset, size, value());
                }
                if (i % 16 == 0) {
                    record();
                    guest.unit.inject(record);
                    guest.unit.endOfBatch();
                }
                if (i % 5000 == 0) {
                    fillQueue(guest);
                    guest.unit.reset();
                }
            }
        }).doesNotThrowAnyException();
        guest.unit.reset();
        assertThat(guest.readl(TestGuest.FSTS)).isZero();
    }

    @Test
    void queueFullOfWaitsIsDoneInOneWrite() {
        final TestGuest guest = new TestGuest().boot(0);
        for (long at = 0x1_0000; at < 0x9_0000; at += 16) {
            guest.ram(at, 0x1_0000_0025L, 0x9_0000);
        }
        guest.writeq(0x90, 0x1_0007);
        guest.writel(0x18, 0x8400_0000L);
        guest.writel(0x88, 0x7_FFF0);
        assertThat(guest.readq(0x80)).isEqualTo(0x7_FFF0);
        assertThat(guest.readl(TestGuest.FSTS)).isZero();
    }

    @Test
    void queueThatOverwritesItsOwnDescriptorsEnds() {
        final TestGuest guest = new TestGuest().boot(0);
        for (long at = 0; at < 4096; at += 16) {
            guest.ram(0x1_0000 + at, 0x0000_0045_0000_0025L, 0x1_0000 + (at + 16) % 4096);
        }
        guest.writeq(0x90, 0x1_0000);
        guest.writel(0x18, 0x8400_0000L);
        guest.writel(0x88, 0xFF0);
        assertThat(guest.readq(0x80)).isEqualTo(0xFF0);
    }

    @Test
    void recordingAFaultAllocatesNothing() {
        final TestGuest guest = new TestGuest().boot(1);
        final com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory
                .getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            final long before = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
            for (int i = 0; i < 20_000; i++) {
                record.clear();
                record.kind(i % 2 == 0 ? FaultKind.VTD_FAULT : FaultKind.GENERIC).asReported(true).guestDevice(8);
                record.word(0, i % 2 == 0 ? 0x1000L * i : 5).word(1, i % 2 == 0 ? 0x71L << 32 : 1);
                guest.unit.inject(record);
                guest.writel(guest.faultOffset() + 12 + 16L * (i % 8), 0x8000_0000L);
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before);
        }
        assertThat(least).as("bytes for 20,000 faults").isLessThan(20_000);
    }
}
