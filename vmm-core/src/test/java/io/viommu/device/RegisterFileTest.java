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

package io.viommu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

class RegisterFileTest {

    private static final Register ID = Register.readOnly32("ID", 0x00, 0xCAFE);
    private static final Register CTRL = Register.readWrite32("CTRL", 0x04, 0x8000_0000L, 0x8000_00FFL);
    private static final Register BASE = Register.readWrite64("BASE", 0x08, 0, 0xFFFF_FFFF_F000L);
    private static final Register STATUS = new Register("STATUS", 0x10, 4, 0x33, 0xF00, 0x11);
    private static final Register WIDE_STATUS = new Register("WIDE", 0x18, 8, 0, 0, 1L << 63);

    private final RegisterFile file = new RegisterFile(0x40, List.of(ID, CTRL, BASE, STATUS, WIDE_STATUS));

    @Test
    void resetValuesAreReadInEveryWidth() {
        assertThat(file.read(0, 4)).isEqualTo(0xCAFE);
        assertThat(file.read(0, 8)).isEqualTo(0x8000_0000_0000_CAFEL);
        assertThat(file.read(4, 4)).isEqualTo(0x8000_0000L);
    }

    @Test
    void onlyWritableBitsAreStored() {
        file.write(0, 4, -1);
        file.write(4, 4, 0x7FFF_FFFF);
        file.write(8, 8, -1);
        assertThat(file.read(0, 4)).isEqualTo(0xCAFE);
        assertThat(file.read(4, 4)).isEqualTo(0xFF);
        assertThat(file.read(8, 8)).isEqualTo(0xFFFF_FFFF_F000L);
    }

    @Test
    void halvesOf64BitRegistersAreWrittenAlone() {
        file.write(8, 4, 0x1234_5FFFL);
        assertThat(file.get(BASE)).isEqualTo(0x1234_5000L);
        file.write(12, 4, 0xABCD);
        assertThat(file.get(BASE)).isEqualTo(0xABCD_1234_5000L);
        assertThat(file.read(12, 4)).isEqualTo(0xABCD);
    }

    @Test
    void eightByteWriteReachesTwo32BitNeighboursLowerFirst() {
        final List<String> order = new ArrayList<>();
        file.onWrite(ID, (before, after, written, lanes) -> order.add("ID"));
        file.onWrite(CTRL, (before, after, written, lanes) -> order.add("CTRL " + Long.toHexString(written)));
        file.write(0, 8, 0x0000_0001_0000_0002L);
        assertThat(order).containsExactly("ID", "CTRL 1");
    }

    @Test
    void writingOneClearsAndZeroKeeps() {
        file.write(0x10, 4, 0x101);
        assertThat(file.get(STATUS)).isEqualTo(0x132);
        file.write(0x10, 4, 0);
        assertThat(file.get(STATUS)).isEqualTo(0x32);
    }

    @Test
    void w1cBitOfTheUpperHalfIsNotClearedThroughTheLowerHalf() {
        file.set(WIDE_STATUS, 1L << 63);
        file.write(0x18, 4, 0x8000_0000L);
        assertThat(file.get(WIDE_STATUS)).isEqualTo(1L << 63);
        file.write(0x1C, 4, 0x8000_0000L);
        assertThat(file.get(WIDE_STATUS)).isZero();
    }

    @Test
    void closedGuardIgnoresTheWriteAndItsHandler() {
        final List<Long> writes = new ArrayList<>();
        file.guard(BASE, () -> false);
        file.onWrite(BASE, (before, after, written, lanes) -> writes.add(after));
        file.write(8, 8, 0x1000);
        assertThat(file.get(BASE)).isZero();
        assertThat(writes).isEmpty();
    }

    @Test
    void handlerSeesBeforeAfterWhatWasPresentedAndWhere() {
        final List<List<Long>> calls = new ArrayList<>();
        file.onWrite(BASE, (before, after, written, lanes) -> calls.add(List.of(before, after, written, lanes)));
        file.write(12, 4, 0xFFFF_0001L);
        assertThat(calls).containsExactly(List.of(0L, 0x1_0000_0000L, 0xFFFF_0001_0000_0000L, 0xFFFF_FFFF_0000_0000L));
    }

    @Test
    void oddWidthsMisalignedAndUnknownOffsetsReadZeroAndStoreNothing() {
        file.write(4, 1, 0);
        file.write(5, 4, 0);
        file.write(2, 8, 0);
        file.write(0x20, 4, -1);
        file.write(-4, 4, -1);
        file.write(0x3C, 8, -1);
        file.write(1L << 40, 4, -1);
        assertThat(file.get(CTRL)).isEqualTo(0x8000_0000L);
        assertThat(file.read(1, 1)).isZero();
        assertThat(file.read(0x20, 8)).isZero();
        assertThat(file.read(0x40, 4)).isZero();
        assertThat(file.read(-8, 8)).isZero();
        assertThat(file.read(Long.MAX_VALUE & ~7, 8)).isZero();
    }

    @Test
    void theModelPassesMasksAndGuards() {
        file.set(ID, 0x1234_5678L);
        assertThat(file.update(STATUS, 0x30, 0x8000)).isEqualTo(0x33);
        assertThat(file.get(STATUS)).isEqualTo(0x8003);
        assertThat(file.compareAndSet(ID, 1, 2)).isFalse();
        file.reset();
        assertThat(file.get(ID)).isEqualTo(0xCAFE);
        assertThat(file.get(STATUS)).isEqualTo(0x33);
    }

    @Test
    void slipsInATableAreFoundAtOnce() {
        assertThatThrownBy(() -> new RegisterFile(0x40, List.of(BASE, Register.readOnly32("X", 0x0C, 0))))
                .hasMessage("X overlaps BASE");
        assertThatThrownBy(() -> new RegisterFile(0x10, List.of(STATUS))).hasMessage("STATUS lies outside the frame");
        assertThatThrownBy(() -> Register.readOnly64("Y", 4, 0)).hasMessageContaining("Y");
        assertThatThrownBy(() -> new Register("Z", 0, 4, 0, 3, 2)).hasMessageContaining("Z");
        assertThatThrownBy(() -> file.onWrite(Register.readOnly32("Q", 0x20, 0), null)).hasMessageContaining("Q");
    }

    @Test
    void bitsSetByTheInjectorSurviveConcurrentClearsByTheGuest() throws InterruptedException {
        final Register bits = new Register("BITS", 0, 4, 0, 0, 1);
        final RegisterFile shared = new RegisterFile(8, List.of(bits));
        final Thread guest = new Thread(() -> {
            for (int i = 0; i < 200_000; i++) {
                shared.write(0, 4, 1);
            }
        });
        guest.start();
        for (int i = 0; i < 200_000; i++) {
            shared.update(bits, 0, 1);
            shared.update(bits, 0x100, 0);
            shared.update(bits, 0, 0x100);
            assertThat(shared.get(bits) & 0x100).isEqualTo(0x100);
        }
        guest.join();
    }
}
