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

package io.viommu.iommu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import io.viommu.memory.GuestRam;

class DmaMemoryTest {

    private static final int DEVICE = 0x10;
    private static final long RAM = 0x4000_0000L;
    private static final int NO_PASID = DmaSession.NO_PASID;

    private final GuestRam ram = new GuestRam();
    private final List<String> messages = new ArrayList<>();
    private final Pages pages = new Pages();
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[3 * 4096]);
    private boolean blocked;

    DmaMemoryTest() {
        ram.addRegion(RAM, Arena.ofAuto().allocate(4 * 4096, 4096), true);
        for (int i = 0; i < bytes.capacity(); i++) {
            bytes.putByte(i, (byte) (i * 7 + 1));
        }
    }

    /** Translates whole pages by a table; a page's value may be one of the outcomes instead. */
    private static final class Pages implements DmaSession {
        private final Map<Long, Long> table = new HashMap<>();
        private final List<String> asked = new ArrayList<>();
        private boolean open;
        private int begun;
        private long address;

        @Override
        public void begin() {
            open = true;
            begun++;
        }

        @Override
        public void end() {
            open = false;
        }

        @Override
        public int translate(final int device, final int pasid, final long iova, final int access) {
            assertThat(open).isTrue();
            asked.add("%x %d %x %d".formatted(device, pasid, iova, access));
            final long to = table.getOrDefault(iova & -4096L, (long) ABORTED);
            address = to + (iova & 4095);
            return to < 4096 ? (int) to : OK;
        }

        @Override
        public long address() {
            return address;
        }

        @Override
        public long span() {
            return 4096 - (address & 4095);
        }

        @Override
        public int stallTag() {
            return 5;
        }

        @Override
        public void close() {
            asked.add("closed");
        }
    }

    private boolean take(final int requester, final long address, final int data) {
        messages.add("%x %x %x".formatted(requester, address, data));
        return !blocked;
    }

    private DmaMemory x86() {
        return new DmaMemory(ram, pages, MessageWindow.localApics(this::take));
    }

    private byte[] ramBytes(final long gpa, final int length) {
        final UnsafeBuffer taken = new UnsafeBuffer(new byte[length]);
        ram.read(gpa, taken, 0, length);
        return taken.byteArray();
    }

    private byte[] source(final int offset, final int length) {
        final byte[] some = new byte[length];
        bytes.getBytes(offset, some);
        return some;
    }

    @Test
    void eachPageOfATransactionGoesWhereItIsMapped() {
        pages.table.put(0x1000L, RAM + 0x2000);
        pages.table.put(0x2000L, RAM);
        final DmaMemory dma = x86();
        assertThat(dma.write(DEVICE, 3, DmaSession.PRIVILEGED, 0x1FFC, bytes, 4, 12)).isEqualTo(DmaMemory.OK);
        assertThat(dma.moved()).isEqualTo(12);
        assertThat(ramBytes(RAM + 0x2FFC, 4)).isEqualTo(source(4, 4));
        assertThat(ramBytes(RAM, 8)).isEqualTo(source(8, 8));
        assertThat(pages.asked).containsExactly("10 3 1ffc 5", "10 3 2000 5");
        final UnsafeBuffer back = new UnsafeBuffer(new byte[16]);
        assertThat(dma.read(DEVICE, 3, 0, 0x1FFC, back, 2, 12)).isEqualTo(DmaMemory.OK);
        assertThat(back.byteArray()).startsWith(0, 0).containsSequence(source(4, 12));
        assertThat(pages.begun).isEqualTo(2);
        assertThat(pages.open).isFalse();
    }

    @Test
    void whatWentBeforeAFaultIsDoneAndWhatComesAfterItIsNot() {
        pages.table.put(0x1000L, RAM);
        pages.table.put(0x3000L, RAM + 0x1000);
        final DmaMemory dma = x86();
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0x1800, bytes, 0, 8192)).isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.moved()).isEqualTo(0x800);
        assertThat(pages.asked).hasSize(2);
        assertThat(ramBytes(RAM + 0x1000, 4)).containsOnly(0);
        assertThat(pages.open).isFalse();
    }

    @Test
    void whatStallsIsNamedAndSaysHowFarItCame() {
        pages.table.put(0x1000L, RAM);
        pages.table.put(0x2000L, (long) DmaSession.STALLED);
        final DmaMemory dma = x86();
        assertThat(dma.read(DEVICE, NO_PASID, 0, 0x1FF8, bytes, 0, 16)).isEqualTo(DmaMemory.STALLED);
        assertThat(dma.moved()).isEqualTo(8);
        assertThat(dma.stallTag()).isEqualTo(5);
    }

    @Test
    void requestsThatEndWithoutEffectReadZerosUpToTheNextPage() {
        pages.table.put(0x1000L, (long) DmaSession.IGNORED);
        pages.table.put(0x2000L, RAM);
        ram.write(RAM, bytes, 0, 8);
        final DmaMemory dma = x86();
        final UnsafeBuffer back = new UnsafeBuffer(new byte[16]);
        back.setMemory(0, 16, (byte) 0x55);
        assertThat(dma.read(DEVICE, NO_PASID, 0, 0x1FF8, back, 0, 16)).isEqualTo(DmaMemory.OK);
        assertThat(back.getLong(0)).isZero();
        assertThat(back.getLong(8)).isEqualTo(bytes.getLong(0));
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0x1FF8, bytes, 100, 8)).isEqualTo(DmaMemory.OK);
    }

    @Test
    void aTransactionDoesNotGoOnAtTheBottomOfTheAddressSpace() {
        pages.table.put(-4096L, RAM);
        pages.table.put(0L, RAM + 0x1000);
        final DmaMemory dma = x86();
        assertThat(dma.write(DEVICE, NO_PASID, 0, -8, bytes, 0, 16)).isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.moved()).isEqualTo(8);
        assertThat(dma.read(DEVICE, NO_PASID, 0, -8, bytes, 0, 16)).isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.read(DEVICE, NO_PASID, 0, -8, bytes, 0, 8)).isEqualTo(DmaMemory.OK);
    }

    @Test
    void aWriteIntoTheInterruptRangeIsInterruptRequestsAndNotTranslated() {
        final DmaMemory dma = x86();
        bytes.putInt(0, 0x4033);
        bytes.putInt(4, 0x4034);
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0xFEE0_1000L, bytes, 0, 8)).isEqualTo(DmaMemory.OK);
        assertThat(dma.message(DEVICE, 0xFEEF_FFFCL, -2)).isEqualTo(DmaMemory.OK);
        assertThat(messages).containsExactly("10 fee01000 4033", "10 fee01004 4034", "10 feeffffc fffffffe");
        assertThat(pages.asked).isEmpty();
    }

    @Test
    void onlyWholeDwordsAreInterruptRequests() {
        final DmaMemory dma = x86();
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0xFEE0_1000L, bytes, 0, 2)).isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0xFEE0_1002L, bytes, 0, 4)).isEqualTo(DmaMemory.ABORTED);
        assertThat(messages).isEmpty();
    }

    @Test
    void aBlockedInterruptRequestIsAborted() {
        blocked = true;
        assertThat(x86().message(DEVICE, 0xFEE0_0000L, 1)).isEqualTo(DmaMemory.ABORTED);
        assertThat(messages).hasSize(1);
    }

    @Test
    void readsAndRequestsWithPasidOrTranslatedAddressesAreNoInterruptRequests() {
        pages.table.put(0xFEE0_0000L, 0xFEE0_0000L);
        final DmaMemory dma = x86();
        assertThat(dma.write(DEVICE, 7, 0, 0xFEE0_0000L, bytes, 0, 4)).isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.write(DEVICE, NO_PASID, DmaSession.TRANSLATED, 0xFEE0_0000L, bytes, 0, 4))
                .isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.read(DEVICE, NO_PASID, 0, 0xFEE0_0000L, bytes, 0, 4)).isEqualTo(DmaMemory.ABORTED);
        assertThat(messages).as("not even what the model lets through").isEmpty();
        assertThat(pages.asked).hasSize(3);
    }

    @Test
    void aTransactionThatRunsIntoOrOutOfTheInterruptRangeIsCutAtItsEdge() {
        pages.table.put(0xFEDF_F000L, RAM);
        pages.table.put(0xFEF0_0000L, RAM + 0x1000);
        final DmaMemory dma = x86();
        bytes.putInt(8, 0x41);
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0xFEDF_FFF8L, bytes, 0, 12)).isEqualTo(DmaMemory.OK);
        assertThat(messages).containsExactly("10 fee00000 41");
        assertThat(ramBytes(RAM + 0xFF8, 8)).isEqualTo(source(0, 8));
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0xFEEF_FFFCL, bytes, 8, 8)).isEqualTo(DmaMemory.OK);
        assertThat(messages).last().isEqualTo("10 feeffffc 41");
        assertThat(ramBytes(RAM + 0x1000, 4)).isEqualTo(source(12, 4));
    }

    @Test
    void aDoorbellBehindTheIommuTakesWhatIsTranslatedToIt() {
        pages.table.put(0x8000L, 0x0809_0000L);
        pages.table.put(0x0809_0000L, RAM);
        final DmaMemory dma = new DmaMemory(ram, pages, MessageWindow.doorbell(0x0809_0040L, 4, this::take));
        assertThat(dma.message(DEVICE, 0x8040, 9)).isEqualTo(DmaMemory.OK);
        assertThat(messages).containsExactly("10 8090040 9");
        assertThat(dma.message(DEVICE, 0x0809_0040L, 10)).as("an IOVA that looks like it").isEqualTo(DmaMemory.OK);
        assertThat(messages).hasSize(1);
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0x803C, bytes, 0, 4)).as("beside it").isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0x8042, bytes, 0, 4)).as("in part").isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0x8040, bytes, 0, 2)).as("not 32 bits")
                .isEqualTo(DmaMemory.ABORTED);
    }

    @Test
    void withoutAnIommuAddressesArePhysical() {
        final DmaMemory dma = new DmaMemory(ram, null, MessageWindow.NONE);
        assertThat(dma.write(DEVICE, NO_PASID, 0, RAM + 1, bytes, 0, 8191)).isEqualTo(DmaMemory.OK);
        assertThat(ramBytes(RAM + 1, 8191)).isEqualTo(source(0, 8191));
        assertThat(dma.write(DEVICE, NO_PASID, 0, 0, bytes, 0, 4)).isEqualTo(DmaMemory.ABORTED);
        assertThat(dma.message(DEVICE, 0xFEE0_0000L, 1)).isEqualTo(DmaMemory.ABORTED);
    }

    @Test
    void aTransactionOfNoBytesIsNone() {
        assertThat(x86().write(DEVICE, NO_PASID, 0, 0x1000, bytes, 0, 0)).isEqualTo(DmaMemory.OK);
        assertThat(pages.asked).isEmpty();
    }

    @Test
    void aTransactionWithinAnotherIsAborted() {
        final List<Integer> inner = new ArrayList<>();
        final DmaMemory[] dma = new DmaMemory[1];
        dma[0] = new DmaMemory(ram, pages, MessageWindow.localApics((requester, address, data) -> {
            inner.add(dma[0].write(DEVICE, NO_PASID, 0, address, bytes, 0, 4));
            inner.add(dma[0].read(DEVICE, NO_PASID, 0, 0x1000, bytes, 0, 4));
            inner.add(dma[0].message(DEVICE, address, 2));
            return true;
        }));
        assertThat(dma[0].message(DEVICE, 0xFEE0_0000L, 1)).isEqualTo(DmaMemory.OK);
        assertThat(dma[0].moved()).isEqualTo(4);
        assertThat(inner).containsExactly(DmaMemory.ABORTED, DmaMemory.ABORTED, DmaMemory.ABORTED);
    }

    @Test
    void aRangeOutsideTheCallersBufferIsRefusedBeforeAnythingIsDone() {
        final DmaMemory dma = x86();
        assertThatThrownBy(() -> dma.write(DEVICE, NO_PASID, 0, 0x1000, bytes, bytes.capacity() - 3, 4))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> dma.read(DEVICE, NO_PASID, 0, 0x1000, bytes, 0, -1))
                .isInstanceOf(RuntimeException.class);
        assertThat(pages.begun).isZero();
    }

    @Test
    void theSessionIsClosedWithIt() {
        x86().close();
        assertThat(pages.asked).containsExactly("closed");
        new DmaMemory(ram, null, MessageWindow.NONE).close();
    }
}
