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

package io.viommu.vmm.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.GuestRam;

import java.lang.foreign.Arena;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtioRngTest {

    private static final int RAM = 1 << 20;
    private static final long DESCRIPTORS = 0x1000;
    private static final long AVAILABLE = 0x2000;
    private static final long USED = 0x3000;
    private static final long DATA = 0x8000;
    private static final int SIZE = 8;
    private static final int STATUS = 0x14;
    private static final int DRIVER_OK = 0xF;
    private static final int NEEDS_RESET = 0x40;
    private static final int INTERRUPTS = 0x1000;
    private static final int NOTIFY = 0x3000;

    private final GuestRam ram = new GuestRam();
    private final UnsafeBuffer word = new UnsafeBuffer(new byte[RAM]);
    private boolean level;
    private long abortAt = -1;
    private VirtioRng device;

    /** Memory in which one address may abort. */
    private final class Port implements DmaPort {
        @Override
        public boolean read(final long address, final MutableDirectBuffer target, final int length) {
            return address != abortAt && ram.read(address, target, 0, length) == GuestMemory.OK;
        }

        @Override
        public boolean write(final long address, final DirectBuffer source, final int length) {
            return address != abortAt && ram.write(address, source, 0, length) == GuestMemory.OK;
        }
    }

    @BeforeEach
    void start() {
        ram.addRegion(0, Arena.ofAuto().allocate(RAM, 8));
        device = new VirtioRng(new Port(), true, asserted -> level = asserted);
        device.write(STATUS, 1, 3);
        device.write(0x08, 4, 1);
        device.write(0x0C, 4, 3);
        device.write(STATUS, 1, 0xB);
        assertThat(device.read(STATUS, 1)).as("the features are agreed on").isEqualTo(0xB);
        device.write(0x18, 2, SIZE);
        device.write(0x20, 4, DESCRIPTORS);
        device.write(0x28, 4, AVAILABLE);
        device.write(0x30, 8, USED);
        device.write(0x1C, 2, 1);
        device.write(STATUS, 1, DRIVER_OK);
    }

    private void put(final long address, final int size, final long value) {
        word.putLong(0, value);
        ram.write(address, word, 0, size);
    }

    private long get(final long address, final int size) {
        word.putLong(0, 0);
        ram.read(address, word, 0, size);
        return word.getLong(0);
    }

    private void descriptor(final int index, final long address, final int length, final int flags, final int next) {
        put(DESCRIPTORS + 16 * index, 8, address);
        put(DESCRIPTORS + 16 * index + 8, 4, length);
        put(DESCRIPTORS + 16 * index + 12, 2, flags);
        put(DESCRIPTORS + 16 * index + 14, 2, next);
    }

    private void offer(final int slot, final int head) {
        put(AVAILABLE + 4 + 2 * (slot % SIZE), 2, head);
        put(AVAILABLE + 2, 2, slot + 1);
        device.write(NOTIFY, 2, 0);
    }

    private boolean broken() {
        return (device.read(STATUS, 1) & NEEDS_RESET) != 0;
    }

    @Test
    void aBufferIsFilledHandedBackAndAnnounced() {
        descriptor(5, DATA, 64, 2, 0);
        offer(0, 5);
        assertThat(get(USED + 2, 2)).isEqualTo(1);
        assertThat(get(USED + 4, 4)).isEqualTo(5);
        assertThat(get(USED + 8, 4)).isEqualTo(64);
        assertThat(get(DATA, 8)).isNotZero();
        assertThat(get(DATA + 56, 8)).isNotZero();
        assertThat(get(DATA + 64, 8)).as("not a byte more").isZero();
        assertThat(level).isTrue();
        assertThat(device.read(INTERRUPTS, 1)).isEqualTo(1);
        assertThat(level).as("reading the status acknowledges").isFalse();
        assertThat(device.read(INTERRUPTS, 1)).isZero();
    }

    @Test
    void aChainIsFilledWhereTheDeviceMayWrite() {
        descriptor(0, DATA, 16, 2 | 1, 3);
        descriptor(3, DATA + 0x100, 16, 1, 4);
        descriptor(4, DATA + 0x200, 8, 2, 0);
        offer(0, 0);
        assertThat(get(USED + 8, 4)).isEqualTo(24);
        assertThat(get(DATA + 0x100, 8)).as("the driver's own").isZero();
        assertThat(get(DATA + 0x200, 8)).isNotZero();
    }

    @Test
    void theRingGoesAroundAndADriverThatPollsIsNotInterrupted() {
        put(AVAILABLE, 2, 1);
        descriptor(0, DATA, 8, 2, 0);
        for (int i = 0; i < 3 * SIZE; i++) {
            offer(i, 0);
            assertThat(get(USED + 2, 2)).isEqualTo(i + 1);
        }
        assertThat(level).isFalse();
        assertThat(broken()).isFalse();
    }

    @Test
    void aHugeBufferIsFilledInPart() {
        descriptor(0, DATA, -1, 2, 0);
        offer(0, 0);
        assertThat(get(USED + 8, 4)).isEqualTo(0x1_0000);
    }

    @ParameterizedTest
    @ValueSource(strings = { "head", "loop", "next", "indirect", "index", "data", "descriptors", "available", "used" })
    void whatCannotBeBreaksTheDeviceAndTheDriverIsTold(final String mistake) {
        descriptor(0, DATA, 8, 2, 0);
        int slot = 0;
        int head = 0;
        switch (mistake) {
            case "head" -> head = SIZE;
            case "loop" -> descriptor(0, DATA, 8, 2 | 1, 0);
            case "next" -> descriptor(0, DATA, 8, 2 | 1, SIZE);
            case "indirect" -> descriptor(0, DATA, 16, 4, 0);
            case "index" -> slot = SIZE;
            case "data" -> abortAt = DATA;
            case "descriptors" -> abortAt = DESCRIPTORS;
            case "available" -> abortAt = AVAILABLE + 2;
            default -> abortAt = USED + 4;
        }
        offer(slot, head);
        assertThat(broken()).isTrue();
        assertThat(level).isTrue();
        assertThat(device.read(INTERRUPTS, 1)).as("a change of the configuration").isEqualTo(2);
        offer(slot + 1, 0);
        assertThat(level).as("it does nothing until it is reset").isFalse();
        device.write(STATUS, 1, 0);
        assertThat(device.read(STATUS, 1)).isZero();
        assertThat(device.read(0x30, 4)).isZero();
    }

    @Test
    void featuresThatWereNotOfferedAreNotAgreedOn() {
        device.write(STATUS, 1, 0);
        device.write(0x0C, 4, 1 << 28);
        device.write(0x08, 4, 1);
        device.write(0x0C, 4, 1);
        device.write(STATUS, 1, 0xB);
        assertThat(device.read(STATUS, 1)).isEqualTo(3);
        device.write(0x08, 4, 0);
        device.write(0x0C, 4, 0);
        device.write(STATUS, 1, 0xB);
        assertThat(device.read(STATUS, 1)).isEqualTo(0xB);
        device.write(0x00, 4, 1);
        assertThat(device.read(0x04, 4)).as("version 1 and access through the platform").isEqualTo(3);
    }

    @Test
    void aQueueThatIsOnKeepsItsPlaceAndSize() {
        device.write(0x20, 4, 0x5000);
        device.write(0x18, 2, 4);
        assertThat(device.read(0x20, 8)).isEqualTo(DESCRIPTORS);
        assertThat(device.read(0x18, 2)).isEqualTo(SIZE);
        device.write(0x16, 2, 1);
        assertThat(device.read(0x18, 2)).as("there is no second queue").isZero();
        assertThat(device.read(0x12, 2)).isEqualTo(1);
    }

    @Test
    void randomAccessesAndRandomRingsNeverThrow() {
        final Random random = new Random(5);
        for (int i = 0; i < 200_000; i++) {
            final int size = 1 << random.nextInt(4);
            final long offset = random.nextInt(4) << 12 | random.nextInt(0x40) & -size;
            switch (random.nextInt(4)) {
                case 0 -> device.read(offset, size);
                case 1 -> device.write(offset, size, random.nextLong() >>> random.nextInt(64));
                case 2 -> put(random.nextInt(0x4000), 8, random.nextLong() >>> random.nextInt(64));
                default -> {
                    start0();
                    device.write(NOTIFY, 2, 0);
                }
            }
        }
    }

    private void start0() {
        device.write(STATUS, 1, 0);
        device.write(0x08, 4, 1);
        device.write(0x0C, 4, 3);
        device.write(0x20, 4, DESCRIPTORS);
        device.write(0x28, 4, AVAILABLE);
        device.write(0x30, 4, USED);
        device.write(0x1C, 2, 1);
        device.write(STATUS, 1, DRIVER_OK);
        assertThat(device.read(0x1C, 2)).isEqualTo(1);
    }
}
