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

package io.viommu.vtd.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.vtd.TestGuest;

/** CCMD, IVA and IOTLB (VT-d 6.5.1, 11.4.6). */
class RegisterInvalidationTest {

    private static final long CCMD = 0x28;
    private static final long IVA = 0xF0;
    private static final long IOTLB = 0xF8;

    private final RecordingSink sink = new RecordingSink();
    private final TestGuest guest = new TestGuest(Map.of(), sink).boot(0);

    RegisterInvalidationTest() {
        sink.take();
    }

    private static long hex(final String text) {
        return Long.parseUnsignedLong(text, 16);
    }

    /** Written, read back, done; CAIG stands in bits 60:59. */
    @ParameterizedTest
    @CsvSource({ "a000000000000000,2800000000000000,contexts", "c000000000000005,4800000000000005,contexts",
        "e000000000080005,7800000000000005,contexts 8/0", "e0000003000f0005,7800000000000005,contexts f/7" })
    void contextCommandActsAndReportsItsGranularity(final String written, final String read, final String effect) {
        guest.writeq(CCMD, hex(written));
        assertThat(guest.readq(CCMD)).isEqualTo(hex(read));
        assertThat(sink.take()).containsExactly(effect, "quiesce");
    }

    @Test
    void reservedGranularityIsReportedAsError() {
        guest.writeq(CCMD, hex("8000000000000005"));
        assertThat(guest.readq(CCMD)).isEqualTo(5);
        guest.writeq(IOTLB, hex("8003000500000000"));
        assertThat(guest.readq(IOTLB)).isEqualTo(0x0003_0005_0000_0000L);
        assertThat(sink.take()).isEmpty();
    }

    @Test
    void halvesActWithTheUpperOne() {
        guest.writel(CCMD, 0x0008_0005);
        assertThat(sink.take()).isEmpty();
        guest.writel(CCMD + 4, 0xE000_0001L);
        assertThat(sink.take()).as("SID and FM are write-only, yet used").containsExactly("contexts 8/4", "quiesce");
        guest.writel(IVA, 0x0002_3003);
        guest.writel(IVA + 4, 1);
        guest.writel(IOTLB + 4, 0xB000_0007L);
        assertThat(sink.take()).containsExactly("pages 7 100023000+3", "quiesce");
        assertThat(guest.readl(IOTLB + 4)).isEqualTo(0x3600_0007L);
    }

    /** Written, read back, done; IAIG stands in bits 58:57. */
    @ParameterizedTest
    @CsvSource({ "9000000000000000,1200000000000000,translations", "a000000700000000,2400000700000000,domain 7",
        "b003000700000000,3603000700000000,pages 7 12345000+9 leaf" })
    void iotlbCommandActsAndReportsItsGranularity(final String written, final String read, final String effect) {
        guest.writeq(IVA, 0x1234_5049);
        guest.writeq(IOTLB, hex(written));
        assertThat(guest.readq(IOTLB)).isEqualTo(hex(read));
        assertThat(guest.readq(IVA)).as("write-only").isZero();
        assertThat(sink.take()).containsExactly(effect, "quiesce");
    }

    @Test
    void addressMaskBeyondMamvIsAnError() {
        guest.writeq(IVA, 0x13);
        guest.writeq(IOTLB, hex("b000000700000000"));
        assertThat(guest.readq(IOTLB)).isEqualTo(0x3000_0007_0000_0000L);
        assertThat(sink.take()).isEmpty();
    }

    @Test
    void requestsAreRefusedWhileTheQueueIsOnOrOutsideLegacyMode() {
        guest.writel(0x18, 1L << 31 | 1L << 26);
        guest.writeq(CCMD, hex("a000000000000000"));
        assertThat(guest.readq(CCMD)).as("ICC falls, CAIG is 0").isEqualTo(0x2000_0000_0000_0000L);
        final TestGuest scalable = new TestGuest(Map.of(), sink).boot(1);
        sink.take();
        scalable.writeq(IOTLB, hex("9000000000000000"));
        assertThat(scalable.readq(IOTLB)).isEqualTo(0x1000_0000_0000_0000L);
        assertThat(sink.take()).isEmpty();
    }

    @Test
    void withoutTheGoBitNothingHappens() {
        guest.writeq(CCMD, Long.MAX_VALUE);
        assertThat(guest.readq(CCMD)).isEqualTo(0x6000_0000_0000_FFFFL);
        assertThat(sink.take()).isEmpty();
    }
}
