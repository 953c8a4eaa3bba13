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

package io.viommu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Random;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestRamTest {

    private static final long BASE = 0x4000_0000L;

    private final Arena arena = Arena.ofShared();
    private final GuestRam ram = new GuestRam();
    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(256));

    @AfterEach
    void free() {
        arena.close();
    }

    private MemorySegment region(final long gpa, final long size) {
        final MemorySegment segment = arena.allocate(size, 64);
        ram.addRegion(gpa, segment);
        return segment;
    }

    @Test
    void memoryWithoutRegionsIsUnmappedEverywhere() {
        assertThat(ram.read(0, buffer, 0, 8)).isEqualTo(GuestMemory.UNMAPPED);
        assertThat(ram.write(-8, buffer, 0, 8)).isEqualTo(GuestMemory.UNMAPPED);
        assertThat(ram.compareAndSetLong(BASE, 0, 1)).isEqualTo(GuestMemory.UNMAPPED);
    }

    @Test
    void bytesLandAtTheirOffsetLowestAddressFirst() {
        final MemorySegment segment = region(BASE, 4096);
        buffer.putBytes(0, new byte[]{ 1, 2, 3, 4, 5, 6, 7 });
        assertThat(ram.write(BASE + 5, buffer, 0, 7)).isEqualTo(GuestMemory.OK);
        assertThat(segment.asSlice(5, 7).toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3, 4, 5, 6, 7);
        assertThat(ram.read(BASE + 6, buffer, 100, 3)).isEqualTo(GuestMemory.OK);
        assertThat(buffer.getByte(100)).isEqualTo((byte) 2);
        assertThat(buffer.getByte(102)).isEqualTo((byte) 4);
    }

    @Test
    void aWordIsReadWhereverItLies() {
        final MemorySegment segment = region(BASE, 64);
        region(BASE + 64, 64).set(ValueLayout.JAVA_INT, 0, 0x1111_2222);
        segment.set(ValueLayout.JAVA_LONG, 8, 0x1122_3344_5566_7788L);
        segment.set(ValueLayout.JAVA_INT, 60, 0x3333_4444);
        final MemoryWord word = new MemoryWord();
        assertThat(ram.read(BASE + 8, word)).isEqualTo(GuestMemory.OK);
        assertThat(word.value()).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(ram.read(BASE + 9, word)).as("not aligned").isEqualTo(GuestMemory.OK);
        assertThat(word.value()).isEqualTo(0x0011_2233_4455_6677L);
        assertThat(ram.read(BASE + 60, word)).as("in two regions").isEqualTo(GuestMemory.OK);
        assertThat(word.value()).isEqualTo(0x1111_2222_3333_4444L);
        assertThat(ram.read(BASE + 124, word)).as("past the end").isEqualTo(GuestMemory.UNMAPPED);
        assertThat(ram.read(BASE - 8, word)).isEqualTo(GuestMemory.UNMAPPED);
        assertThat(word.value()).isEqualTo(0x1111_2222_3333_4444L);
    }

    @Test
    void scalarsAreLittleEndian() {
        final MemorySegment segment = region(BASE, 64);
        buffer.putLong(0, 0x1122_3344_5566_7788L);
        ram.write(BASE, buffer, 0, 8);
        ram.write(BASE + 12, buffer, 4, 4);
        assertThat(segment.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0x88);
        assertThat(segment.get(ValueLayout.JAVA_BYTE, 7)).isEqualTo((byte) 0x11);
        assertThat(segment.get(ValueLayout.JAVA_BYTE, 12)).isEqualTo((byte) 0x44);
    }

    @Test
    void accessPastTheEndMovesNothing() {
        final MemorySegment segment = region(BASE, 64);
        buffer.setMemory(0, 16, (byte) 0x5A);
        assertThat(ram.write(BASE + 56, buffer, 0, 16)).isEqualTo(GuestMemory.UNMAPPED);
        assertThat(segment.get(ValueLayout.JAVA_LONG, 56)).isZero();
        buffer.setMemory(0, 16, (byte) 0x77);
        assertThat(ram.read(BASE + 60, buffer, 0, 8)).isEqualTo(GuestMemory.UNMAPPED);
        assertThat(buffer.getLong(0)).isEqualTo(0x7777_7777_7777_7777L);
    }

    @Test
    void accessGoesOverTheSeamOfAdjacentRegions() {
        final MemorySegment low = region(BASE, 64);
        final MemorySegment high = region(BASE + 64, 64);
        buffer.putLong(0, 0x0807_0605_0403_0201L);
        assertThat(ram.write(BASE + 61, buffer, 0, 8)).isEqualTo(GuestMemory.OK);
        assertThat(low.asSlice(61, 3).toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3);
        assertThat(high.asSlice(0, 5).toArray(ValueLayout.JAVA_BYTE)).containsExactly(4, 5, 6, 7, 8);
        assertThat(ram.read(BASE + 61, buffer, 16, 8)).isEqualTo(GuestMemory.OK);
        assertThat(buffer.getLong(16)).isEqualTo(0x0807_0605_0403_0201L);
    }

    @Test
    void accessIntoAHoleFails() {
        region(BASE, 64);
        region(BASE + 128, 64);
        assertThat(ram.read(BASE + 60, buffer, 0, 80)).isEqualTo(GuestMemory.UNMAPPED);
        assertThat(ram.read(BASE + 64, buffer, 0, 1)).isEqualTo(GuestMemory.UNMAPPED);
    }

    @Test
    void readOnlyRegionTakesReadsOnly() {
        final MemorySegment rom = arena.allocate(64, 8);
        ram.addRegion(BASE, rom, false);
        assertThat(ram.read(BASE, buffer, 0, 8)).isEqualTo(GuestMemory.OK);
        assertThat(ram.write(BASE, buffer, 0, 8)).isEqualTo(GuestMemory.READ_ONLY);
        assertThat(ram.compareAndSetLong(BASE, 0, 1)).isEqualTo(GuestMemory.READ_ONLY);
        region(BASE + 64, 64);
        assertThat(ram.write(BASE + 60, buffer, 0, 8)).isEqualTo(GuestMemory.READ_ONLY);
    }

    @Test
    void addressesAboveTheSignBitAndAtTheTopWork() {
        final long top = -4096L;
        final MemorySegment segment = region(top, 4096);
        buffer.putLong(0, 42);
        assertThat(ram.write(-8L, buffer, 0, 8)).isEqualTo(GuestMemory.OK);
        assertThat(segment.get(ValueLayout.JAVA_LONG, 4088)).isEqualTo(42);
        assertThat(ram.write(-4L, buffer, 0, 8)).isEqualTo(GuestMemory.UNMAPPED);
        region(0, 64); // an access must not wrap from the top to the bottom
        assertThat(ram.write(-4L, buffer, 0, 8)).isEqualTo(GuestMemory.UNMAPPED);
    }

    @Test
    void compareAndSetChangesOnlyWhatItExpects() {
        final MemorySegment segment = region(BASE, 64);
        segment.set(ValueLayout.JAVA_LONG, 8, 7);
        assertThat(ram.compareAndSetLong(BASE + 8, 6, 9)).isEqualTo(GuestMemory.MISMATCH);
        assertThat(ram.compareAndSetLong(BASE + 8, 7, 9)).isEqualTo(GuestMemory.OK);
        assertThat(segment.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(9);
        assertThat(ram.compareAndSetLong(BASE + 12, 0, 9)).isEqualTo(GuestMemory.UNMAPPED);
        assertThat(ram.compareAndSetLong(BASE + 64, 0, 9)).isEqualTo(GuestMemory.UNMAPPED);
    }

    @Test
    void removedRegionIsAHoleAndCanBePluggedAgain() {
        region(BASE, 64);
        ram.removeRegion(BASE);
        assertThat(ram.read(BASE, buffer, 0, 8)).isEqualTo(GuestMemory.UNMAPPED);
        region(BASE, 128);
        assertThat(ram.read(BASE + 120, buffer, 0, 8)).isEqualTo(GuestMemory.OK);
    }

    @Test
    void badRegionsAreRefusedWithTheirAddress() {
        region(BASE, 64);
        final MemorySegment other = arena.allocate(64);
        assertThatThrownBy(() -> ram.addRegion(BASE + 63, other)).hasMessageContaining("0x4000003f")
                .hasMessageContaining("overlaps");
        assertThatThrownBy(() -> ram.addRegion(-32L, other)).hasMessageContaining("wraps");
        assertThatThrownBy(() -> ram.removeRegion(BASE + 8)).hasMessageContaining("0x40000008");
        assertThatThrownBy(() -> ram.addRegion(0, MemorySegment.ofArray(new byte[8]))).hasMessageContaining("native");
    }

    @Test
    void manyRandomAccessesAgreeWithAFlatImage() {
        final int size = 512;
        region(BASE, 192);
        region(BASE + 192, 64);
        region(BASE + 320, 192); // a hole of 64 bytes before it
        final byte[] image = new byte[size];
        final Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            final int at = random.nextInt(size);
            final int length = random.nextInt(80);
            final boolean inside = length == 0 ? !hole(at) : at + length <= size && holeFree(at, length);
            for (int b = 0; b < length; b++) {
                buffer.putByte(b, (byte) random.nextInt());
            }
            assertThat(ram.write(BASE + at, buffer, 0, length) == GuestMemory.OK).isEqualTo(inside);
            if (inside) {
                buffer.getBytes(0, image, at, length);
            }
        }
        for (int at = 0; at < size; at++) {
            if (!hole(at)) {
                ram.read(BASE + at, buffer, 0, 1);
                assertThat(buffer.getByte(0)).isEqualTo(image[at]);
            }
        }
    }

    private static boolean hole(final int at) {
        return at >= 256 && at < 320;
    }

    private static boolean holeFree(final int at, final int length) {
        return at + length <= 256 || at >= 320;
    }
}
