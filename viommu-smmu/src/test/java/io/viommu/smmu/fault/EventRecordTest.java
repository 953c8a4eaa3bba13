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

package io.viommu.smmu.fault;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.fault.FaultDisposition;
import io.viommu.smmu.SmmuMachine;
import io.viommu.smmu.spec.EventLayout;

/**
 * The 32 bytes of each event type. The expected bytes are written by hand from the record diagrams of IHI 0070 7.3.2 to
 * 7.3.20: StreamID 0x1234, SubstreamID 0xABCDE, every field of the type set.
 */
class EventRecordTest {

    private final SmmuMachine machine = new SmmuMachine().start(2);

    @ParameterizedTest
    @CsvSource({
        // type, word 1, word 2 and word 3 with every defined bit of the type set
        "01,0000000e0000ffff,ffffffffffffffff,0000000000000000",
        "02,0000000000000000,0000000000000000,0000000000000000",
        "03,000000000001ffff,0000000000000000,00fffffffffffff8",
        "04,0000000000000000,0000000000000000,0000000000000000",
        "05,00000000f000000f,fffffffffffff000,0000000000000000",
        "06,0000000000000000,0000000000000000,0000000000000000",
        "07,0000000800000000,ffffffffffffffff,0000000000000000",
        "08,0000000000000000,0000000000000000,0000000000000000",
        "09,000000000001ffff,0000000000000000,00fffffffffffff8",
        "0a,0000000000000000,0000000000000000,0000000000000000",
        "0b,0000038e0001ffff,ffffffffffffffff,00fffffffffffff8",
        "10,ffff03ce8000ffff,ffffffffffffffff,00fffffffffff000",
        "11,ffff03ce8000ffff,ffffffffffffffff,00fffffffffff000",
        "12,ffff03ce8000ffff,ffffffffffffffff,00fffffffffff000",
        "13,ffff3fce8000ffff,ffffffffffffffff,00fffffffffff000",
        "20,000000ceffffffff,ffffffffffffffff,00fffffffffff000",
        "21,00000000ffffffff,0000000000000000,0000000000000000",
        "24,000ff0ee00000000,fffffffffffff000,0000000000000000",
        "25,000000000001ffff,0000000000000000,00fffffffffffff8" })
    void definedFieldsOfEachTypeStandWhereTheDiagramHasThem(final String code, final String word1,
            final String word2, final String word3) {
        final EventType type = EventType.of(Integer.parseInt(code, 16));
        assertThat(String.format("%016x", type.word1())).isEqualTo(word1);
        assertThat(String.format("%016x", type.word2())).isEqualTo(word2);
        assertThat(String.format("%016x", type.word3())).isEqualTo(word3);
    }

    @ParameterizedTest
    @CsvSource({ "01", "02", "03", "04", "05", "06", "07", "08", "09", "0a", "0b", "10", "11", "12", "13", "20", "21",
        "24",
        "25", "e0", "ef" })
    void everyTypeIsWrittenInLittleEndianOrder(final String code) {
        final long word0 = EventLayout.word0(Integer.parseInt(code, 16), 0x1234, 0xABCDE);
        assertThat(machine.inject(
                machine.event(word0, 0x1122_3344_0566_7788L, 0x0102_0304_0506_0708L, 0xA1A2_A3A4_A5A6_A7A8L)
                        .emulated(true)))
                .isEqualTo(FaultDisposition.DELIVERED);
        final String substream = switch (code) {
            case "06", "07" -> "000000"; // 7.3.7 and 7.3.8 have a StreamID alone
            case "08" -> "e0cdab"; // 7.3.9 has no SSV
            default -> "e8cdab";
        };
        assertThat(machine.eventBytes(0))
                .isEqualTo(code + substream + "34120000" + "8877660544332211" + "0807060504030201"
                        + "a8a7a6a5a4a3a2a1");
    }

    @Test
    void recordWithoutSubstreamHasNeitherSsvNorSubstreamId() {
        assertThat(EventLayout.word0(0x10, -1, -1)).isEqualTo(0xFFFF_FFFF_0000_0010L);
        assertThat(EventLayout.word0(0x10, 0, 0xFFFFF)).isEqualTo(0x0000_0000_FFFF_F810L);
        assertThat(EventLayout.word0(0x08, 0, -1)).isEqualTo(8);
        assertThat(EventLayout.word0(0x06, 0, 0xFFFFF)).isEqualTo(6);
        assertThat(EventLayout.stream(0xFFFF_FFFF_0000_0010L)).isEqualTo(-1);
        assertThat(EventLayout.substream(0x0000_0000_FFFF_F810L)).isEqualTo(0xFFFFF);
    }
}
