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

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each descriptor type: its effect, and what makes it an error (VT-d 6.5.2.1 to 6.5.2.9, 7.6.1). */
class DescriptorTest {

    private static long hex(final String text) {
        return Long.parseUnsignedLong(text.replace("_", ""), 16);
    }

    @ParameterizedTest
    @CsvSource({ "11,0,contexts", "5_0021,0,contexts", "0003_000F_0005_0031,0,contexts f/7",
        "0001_0123_0005_0031,0,contexts 123/4", "12,0,translations", "7_00D2,0,translations",
        "7_0022,0,domain 7", "7_0032,1234_5009,pages 7 12345000+9", "FFFF_0032,8000_0052,pages ffff 80000000+18 leaf",
        "0008_0000_0003,2000,device 8/none 2000+0", "0008_0000_0003,5001,device 8/none 4000+2",
        "0008_001F_0003,7FFF_FFFF_FFFF_F001,device 8/none 0+52", "4,0,interrupts",
        "0010_1000_0014,0,interrupts 10+2" })
    void narrowDescriptorsDoWhatTheySay(final String word0, final String word1, final String effect) {
        final QueueDriver queue = new QueueDriver(false, 0);
        queue.submit(hex(word0), hex(word1));
        assertThat(queue.fsts()).isZero();
        assertThat(queue.head()).isEqualTo(16);
        assertThat(queue.sink.take()).containsExactly(effect);
    }

    @ParameterizedTest
    @CsvSource({ "11,0,contexts", "7_0032,1234_5009,pages 7 12345000+9", "0008_0000_0003,2000,device 8/none 2000+0",
        "0012_0007_0026,0,pasid-translations 7/12", "0012_0007_0036,3041,pasid-pages 7/12 3000+1 leaf",
        "7_0007,0,pasids 7", "000F_FFFF_0007_0017,0,pasid 7/fffff", "37,0,pasids",
        "0012_0008_0008,2000,device 8/12 2000+0", "0012_0008_0008,2001,device 8/any 2000+0",
        "0012_0008_0008,5800,device 8/12 4000+2" })
    void wideDescriptorsDoWhatTheySay(final String word0, final String word1, final String effect) {
        final QueueDriver queue = new QueueDriver(true, 1);
        queue.submit(hex(word0), hex(word1));
        assertThat(queue.fsts()).isZero();
        assertThat(queue.head()).isEqualTo(32);
        assertThat(queue.sink.take()).containsExactly(effect);
    }

    @ParameterizedTest
    @CsvSource({
        // unknown types, and types that belong to a wide queue
        "0,0,3", "A,0,3", "F,0,3", "211,0,3", "26,0,3", "17,0,3", "8,0,3", "9,0,3",
        // context cache: granularity, reserved
        "1,0,4", "1_0011,1,4", "51,0,4", "1011,0,4", "0004_0000_0000_0011,0,4",
        // IOTLB: granularity, reserved, address mask
        "2,0,4", "112,0,4", "1_0000_0012,0,4", "7_0032,80,4", "7_0032,13,4",
        // device-TLB: reserved, and the physical function without throttling
        "0008_0000_0023,0,4", "0008_0020_0003,0,4", "0008_0000_0003,2,4", "0010_0008_0000_0003,0,4",
        "0008_0000_1003,0,4",
        // interrupt entries: reserved, index mask
        "24,0,4", "1004,0,4", "4,1,4", "8000_0014,0,4",
        // wait: reserved
        "1025,0,4", "125,0,4", "25,30001,4" })
    void wrongNarrowDescriptorsStopTheQueue(final String word0, final String word1, final int error) {
        stops(new QueueDriver(false, 0), word0, word1, error);
    }

    @ParameterizedTest
    @CsvSource({
        // PASID IOTLB: granularity, reserved, address mask
        "6,0,4", "16,0,4", "66,0,4", "0010_0000_0000_0026,0,4", "36,80,4", "36,3F,4",
        // PASID cache
        "27,0,4", "47,0,4", "37,1,4",
        // PASID device-TLB
        "0008_0008,2,4", "0008_1008,0,4",
        // page group response
        "0008_0029,0,4", "0010_0000_0008_0019,0,4", "0008_0019,1000,4", "0000_000A,0,3" })
    void wrongWideDescriptorsStopTheQueue(final String word0, final String word1, final int error) {
        stops(new QueueDriver(true, 1), word0, word1, error);
    }

    private static void stops(final QueueDriver queue, final String word0, final String word1, final int error) {
        assertThat(queue.waited(1)).isTrue();
        queue.sink.take();
        queue.submit(hex(word0), hex(word1));
        assertThat(queue.fsts()).isEqualTo(QueueDriver.IQE);
        assertThat(queue.error()).isEqualTo(error);
        assertThat(queue.head()).as("on the bad descriptor").isEqualTo(queue.length());
        assertThat(queue.sink.take()).as("nothing was done").isEmpty();
        assertThat(queue.guest.messages.take()).containsExactly("fee00000:41");
    }

    @Test
    void upperHalfOfWideDescriptorIsReserved() {
        final QueueDriver queue = new QueueDriver(true, 1);
        queue.put(0x11, 0, 1);
        queue.ring();
        assertThat(queue.error()).isEqualTo(4);
    }

    @Test
    void descriptorsOfAbsentFeaturesAreOfInvalidType() {
        final QueueDriver plain = new QueueDriver(false, 0, Map.of("device-iotlb", "off", "intremap", "off"));
        plain.submit(0x0000_0008_0000_0003L, 0);
        assertThat(plain.error()).as("device-TLB").isEqualTo(3);
        plain.guest.ram(QueueDriver.QUEUE, 4, 0);
        plain.guest.writel(0x34, QueueDriver.IQE);
        assertThat(plain.fsts()).as("interrupt entries").isEqualTo(QueueDriver.IQE);
        final QueueDriver silent = new QueueDriver(true, 1, Map.of("svm", "off"));
        silent.submit(0x0008_0019, 0);
        assertThat(silent.error()).as("page group response").isEqualTo(3);
        final QueueDriver undrained = new QueueDriver(true, 1, Map.of("svm", "off"));
        undrained.submit(0xA5, QueueDriver.STATUS);
        assertThat(undrained.error()).as("page request drain").isEqualTo(4);
    }

    @Test
    void scalableDescriptorsNeedScalableMode() {
        final QueueDriver legacy = new QueueDriver(true, 0);
        assertThat(legacy.waited(1)).as("a wide queue with legacy tables is in order").isTrue();
        legacy.submit(0x37, 0);
        assertThat(legacy.error()).isEqualTo(3);
        final QueueDriver qemu = new QueueDriver(true, 0, Map.of("compat", "qemu", "scalable-mode", "on"));
        qemu.submit(0x37, 0);
        assertThat(qemu.sink.take()).isEqualTo(List.of("pasids"));
    }

    @Test
    void pageGroupResponseCarriesItsFields() {
        final String[] seen = new String[1];
        final DescriptorExecutor executor = new DescriptorExecutor(
                new io.viommu.vtd.register.VtdCapabilities(0, -1L), new RecordingSink(),
                (requester, pasid, group, code) -> seen[0] = requester + " " + pasid + " " + group + " " + code);
        executor.execute(9, 0x0001_2345_0108_F019L, 0x0FF8 | 7);
        assertThat(seen[0]).isEqualTo(0x108 + " " + 0x1_2345 + " 511 15");
        executor.execute(9, 0x0001_2345_0108_1009L, 8);
        assertThat(seen[0]).as("without PASID the field is ignored").isEqualTo(0x108 + " -1 1 1");
    }
}
