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
package io.viommu.bridge.dmafault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class RegionInfoTest {

    private static final String PLAIN = "60000000" + "0f000000" + "00000000" + "20000000" + "0090000000000000"
            + "0000000000000000" // struct vfio_region_info
            + "02000100" + "30000000" + "04000000" + "01000000" // TYPE: nested, DMA fault
            + "01000100" + "50000000" + "01000000" + "00000000" + "0010000000000000" + "0080000000000000" // SPARSE_MMAP
            + "06000100" + "00000000" + "01000000" + "00000000"; // DMA_FAULT, version 1

    @Test
    void theInfoIsTheKernelsBytes() {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegionInfo.ENCODED_LENGTH]);
        RegionInfo.of(EntryFormat.PLAIN, 36864).encode(buffer);
        assertThat(HexFormat.of().formatHex(buffer.byteArray())).isEqualTo(PLAIN);
    }

    @Test
    void theFormatIsLearntFromTheCapability() {
        final UnsafeBuffer buffer = new UnsafeBuffer(HexFormat.of().parseHex(PLAIN));
        assertThat(RegionInfo.decode(buffer)).isEqualTo(new RegionInfo(36864, 4, 1, 1));
        assertThat(RegionInfo.decode(buffer).format()).isEqualTo(EntryFormat.PLAIN);
        buffer.putInt(32 + 16 + 32 + 8, 0x5649_0001);
        assertThat(RegionInfo.decode(buffer).format()).isEqualTo(EntryFormat.EXTENDED);
        buffer.putInt(32 + 8, 2);
        assertThat(RegionInfo.decode(buffer).format()).as("type of v9 to v11").isEqualTo(EntryFormat.EXTENDED);
    }

    @Test
    void anotherRegionOrAnotherVersionIsRefusedInOneSentence() {
        assertThatThrownBy(() -> new RegionInfo(36864, 4, 2, 1).format())
                .hasMessage("The region has type 4 and subtype 2; a DMA-fault region has type 4 (2 before v12)"
                        + " and subtype 1.");
        assertThatThrownBy(() -> new RegionInfo(36864, 4, 1, 7).format()).hasMessage(
                "The region's DMA-fault capability has version 0x7; 0x1 (plain) and 0x56490001 (extended) are known.");
    }

    @Test
    void aCapabilityChainThatTurnsBackOrLeavesTheBufferEndsInASentence() {
        final UnsafeBuffer buffer = new UnsafeBuffer(HexFormat.of().parseHex(PLAIN));
        for (final int next : new int[]{ 32, 8, 48 - 16, -1, 95, Integer.MIN_VALUE, Integer.MAX_VALUE }) {
            buffer.putInt(32 + 16 + 4, next);
            assertThatThrownBy(() -> RegionInfo.decode(buffer)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("The region info's capability chain leads to byte " + next + ".");
        }
        buffer.putInt(32 + 16 + 4, 86);
        buffer.putShort(86, (short) 6);
        assertThatThrownBy(() -> RegionInfo.decode(buffer))
                .hasMessageContaining("ends within the capability at byte 86");
        buffer.putInt(4, 7);
        assertThat(RegionInfo.decode(buffer).type()).as("no CAPS flag, no chain").isZero();
        assertThatThrownBy(() -> RegionInfo.decode(new UnsafeBuffer(new byte[31]))).hasMessageContaining("31 bytes");
    }
}
