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

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.GuestRam;

class VirtioConsoleTest {

    private static final long QUEUE = 0x1_0000;
    private static final long AVAILABLE = 0x1000;
    private static final long USED = 0x2000;
    private static final long DATA = 0x8_0000;
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int STATUS = 0x14;
    private static final int NOTIFY = 0x3000;
    private static final int WRITABLE = 2;
    private static final int NEXT = 1;

    private final GuestRam ram = new GuestRam();
    private final UnsafeBuffer word = new UnsafeBuffer(new byte[Long.BYTES]);
    private final List<String> heard = new ArrayList<>();
    private boolean level;
    private VirtioConsole device;

    private final class Port implements DmaPort {
        @Override
        public boolean read(final long address, final MutableDirectBuffer target, final int length) {
            return ram.read(address, target, 0, length) == GuestMemory.OK;
        }

        @Override
        public boolean write(final long address, final DirectBuffer source, final int length) {
            return ram.write(address, source, 0, length) == GuestMemory.OK;
        }
    }

    @BeforeEach
    void start() {
        ram.addRegion(0, Arena.ofAuto().allocate(1 << 20, 8));
        device = new VirtioConsole(new Port(), false, asserted -> level = asserted,
                (address, text, length) -> heard.add("0x%x %s".formatted(address,
                        text.getStringWithoutLengthAscii(0, Math.min(length, 16)))));
        device.write(STATUS, 1, 3);
        device.write(0x08, 4, 1);
        device.write(0x0C, 4, 1);
        device.write(STATUS, 1, 0xB);
        for (int queue = RECEIVE; queue <= TRANSMIT; queue++) {
            device.write(0x16, 2, queue);
            device.write(0x20, 8, queue * QUEUE);
            device.write(0x28, 8, queue * QUEUE + AVAILABLE);
            device.write(0x30, 8, queue * QUEUE + USED);
            device.write(0x1C, 2, 1);
        }
        device.write(STATUS, 1, 0xF);
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

    private void descriptor(final int queue, final int index, final long address, final int length, final int flags) {
        final long at = queue * QUEUE + 16 * index;
        put(at, 8, address);
        put(at + 8, 4, length);
        put(at + 12, 2, flags);
        put(at + 14, 2, index + 1);
    }

    /** Offers the chain that begins with descriptor 0. */
    private void offer(final int queue) {
        put(queue * QUEUE + AVAILABLE + 2, 2, get(queue * QUEUE + AVAILABLE + 2, 2) + 1);
        device.write(NOTIFY, 2, queue);
    }

    private void say(final long address, final String text) {
        ram.write(address, new UnsafeBuffer(text.getBytes(StandardCharsets.US_ASCII)), 0,
                text.length());
    }

    @Test
    void whatTheDriverSaysIsHeardWithItsAddressAndTheBufferHandedBackUnwritten() {
        say(DATA, "hello");
        say(DATA + 0x100, "you");
        descriptor(TRANSMIT, 0, DATA, 5, NEXT);
        descriptor(TRANSMIT, 1, DATA + 0x100, 3, 0);
        offer(TRANSMIT);
        assertThat(heard).containsExactly("0x80000 hello", "0x80100 you");
        assertThat(get(QUEUE + USED + 2, 2)).isEqualTo(1);
        assertThat(get(QUEUE + USED + 8, 4)).as("bytes written").isZero();
        assertThat(level).isTrue();
    }

    @Test
    void aBufferThatTheDriverWantsFilledStaysWithTheDevice() {
        descriptor(RECEIVE, 0, DATA, 64, WRITABLE);
        offer(RECEIVE);
        assertThat(get(USED + 2, 2)).isZero();
        assertThat(heard).isEmpty();
        assertThat(level).isFalse();
    }

    @Test
    void aWritableBufferInTheTransmitQueueIsPassedOver() {
        descriptor(TRANSMIT, 0, DATA, 64, WRITABLE);
        offer(TRANSMIT);
        assertThat(heard).isEmpty();
        assertThat(get(DATA, 8)).isZero();
        assertThat(get(QUEUE + USED + 2, 2)).isEqualTo(1);
    }

    @Test
    void aHugeBufferIsHeardInPart() {
        descriptor(TRANSMIT, 0, 0x4_0000, -1, 0);
        offer(TRANSMIT);
        assertThat(heard).hasSize(16);
        assertThat(heard.getLast()).startsWith("0x4f000 ");
    }

    @Test
    void aBufferThatCanNotBeReadBreaksTheDevice() {
        descriptor(TRANSMIT, 0, 1L << 40, 8, 0);
        offer(TRANSMIT);
        assertThat(device.read(STATUS, 1) & 0x40).as("needs a reset").isNotZero();
    }

    @Test
    void theQueuesAreTwoAndApart() {
        assertThat(device.read(0x12, 2)).isEqualTo(2);
        device.write(0x16, 2, TRANSMIT);
        assertThat(device.read(0x20, 8)).isEqualTo(QUEUE);
        device.write(0x16, 2, RECEIVE);
        assertThat(device.read(0x20, 8)).isZero();
        device.write(0x16, 2, 2);
        assertThat(device.read(0x18, 2)).isZero();
        device.write(NOTIFY, 2, 2);
        device.write(NOTIFY, 2, 0xFFFF);
        assertThat(device.read(STATUS, 1)).isEqualTo(0xF);
    }
}
