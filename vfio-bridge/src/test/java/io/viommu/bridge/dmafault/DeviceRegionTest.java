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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.linux.OpenFiles;
import io.viommu.bridge.vfio.FakeFaultRegion;
import io.viommu.bridge.vfio.FakeVfio;
import io.viommu.bridge.vfio.FakeVfioDevice;
import io.viommu.bridge.vfio.VfioDevice;
import io.viommu.fault.FaultSink;

/** The DMA-fault region of a VFIO device: found, mapped, signalled, drained and let go; and devices that lie. */
class DeviceRegionTest {

    private static final DmaFaultDevice NIC = new DmaFaultDevice("nic", 1, 0x300, false);
    private static final int HEAD = 16;

    private final FakeVfio kernel = new FakeVfio();
    private final FakeFaultRegion fake = new FakeFaultRegion(64);
    private final Iommufd iommufd = Iommufd.open(kernel);
    private final VfioDevice device = VfioDevice.open(kernel, FakeVfio.NODE + 0);
    private final UnsafeBuffer entry = new UnsafeBuffer(new byte[128]);
    private final RecordingSink sink = RecordingSink.keeping();

    DeviceRegionTest() {
        kernel.device.faults(fake);
        device.bind(iommufd);
    }

    @AfterEach
    void close() {
        device.close();
        iommufd.close();
        fake.close();
    }

    private boolean fault(final long address) {
        new FaultEntry().wrap(entry, 0).unrecoverable(5, 2, FaultSink.NO_PASID, 1, address, 0);
        return fake.fault(entry);
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("fake-fault-region")).count();
        }
    }

    @ParameterizedTest(name = "header mappable: {0}")
    @ValueSource(booleans = { false, true })
    void faultsComeThroughTheMappedRingAndTheTailGoesBack(final boolean headerMappable) throws Exception {
        if (headerMappable) {
            fake.mapHeader();
            kernel.device.faults(fake);
        }
        final long files = OpenFiles.count("eventfd");
        final long mapped = mappings();
        try (DmaFaultRegion region = DmaFaultRegion.open(NIC, device)) {
            assertThat(fake.armed()).isTrue();
            assertThat(mappings()).isEqualTo(mapped + 1);
            fault(0x1000);
            fault(0x2000);
            assertThat(region.event().drain()).as("each fault signals").isEqualTo(2);
            assertThat(region.poll(sink, 64)).isEqualTo(2);
            assertThat(sink.records).extracting(record -> record.word(2)).containsExactly(0x1000L, 0x2000L);
            assertThat(sink.records).allSatisfy(record -> {
                assertThat(record.source()).isEqualTo(1);
                assertThat(record.hostDevice()).isEqualTo(0x300);
            });
            assertThat(fake.get(0)).as("tail").isEqualTo(2);
            assertThat(region.poll(sink, 64)).isZero();
            assertThat(fake.reads()).as("system calls, the first one included").isEqualTo(headerMappable ? 1 : 4);
            assertThat(region.memory()).isNull();
        }
        assertThat(fake.armed()).isFalse();
        assertThat(mappings()).isEqualTo(mapped);
        assertThat(OpenFiles.count("eventfd")).isEqualTo(files);
    }

    @Test
    void aFullRingDropsAndALongDrainMakesRoomInBetween() {
        try (DmaFaultRegion region = DmaFaultRegion.open(NIC, device)) {
            for (int i = 0; i < 511; i++) {
                assertThat(fault(i << 12)).isTrue();
            }
            assertThat(fault(0)).as("the kernel keeps one entry free").isFalse();
            assertThat(region.poll(sink, 200)).isEqualTo(200);
            assertThat(fake.get(0)).isEqualTo(200);
            for (int i = 511; i < 700; i++) {
                assertThat(fault(i << 12)).isTrue();
            }
            assertThat(region.poll(sink, 10_000)).isEqualTo(500);
            for (int i = 0; i < 700; i++) {
                assertThat(sink.records.get(i).word(2)).isEqualTo((long) i << 12);
            }
            assertThat(fake.get(0)).isEqualTo(700 % 512);
        }
    }

    @Test
    void anExtendedRegionIsKnownByItsVersion() {
        try (FakeFaultRegion large = new FakeFaultRegion(128)) {
            kernel.device.faults(large);
            try (DmaFaultRegion region = DmaFaultRegion.open(NIC, device)) {
                new FaultEntry().wrap(entry, 0).unrecoverable(5, 2, FaultSink.NO_PASID, 1, 0x1000, 0).smmuEvent(0x301,
                        0x10, 0x208L << 32, 0x1000, 0);
                large.fault(entry);
                assertThat(region.poll(sink, 4)).isEqualTo(1);
                assertThat(sink.records.getFirst().hostDevice()).isEqualTo(0x301);
                assertThat(sink.records.getFirst().word(1)).isEqualTo(0x208L << 32);
            }
        }
    }

    private static Arguments lie(final String sentence, final Consumer<DeviceRegionTest> how) {
        return Arguments.of(sentence, how);
    }

    private void says(final int flags, final long size, final long offset, final long from, final long end) {
        kernel.device.regions.put(FakeFaultRegion.INDEX, fake.info(flags, size, offset, from, end));
    }

    private void says(final int at, final int value) {
        final byte[] info = fake.info();
        new UnsafeBuffer(info).putInt(at, value);
        kernel.device.regions.put(FakeFaultRegion.INDEX, info);
    }

    static Stream<Arguments> lies() {
        final long at = 0x90_0000_0000L;
        return Stream.of(
                lie("The DMA-fault region has 19 bytes; its header alone has 20.", t -> t.says(15, 19, at, 0, 19)),
                lie("The DMA-fault region of /dev/vfio/devices/vfio0 is at 0x9000000000 of its file and has "
                        + "0xffffffffffffffff bytes: no file is so long.", t -> t.says(11, -1, at, 0, 0)),
                lie("The DMA-fault region of /dev/vfio/devices/vfio0 is at 0x7ffffffffffff000 of its file and has "
                        + "0x9000 bytes: no file is so long.",
                        t -> t.says(15, 0x9000, Long.MAX_VALUE - 4095, 0x1000,
                                0x9000)),
                lie("The header of the DMA-fault region of /dev/vfio/devices/vfio0 can't be read: EINVAL (invalid "
                        + "argument).", t -> t.says(15, 0x9000, at - 0x10000, 0x1000, 0x9000)),
                lie("The header of the DMA-fault region of /dev/vfio/devices/vfio0 can't be read: 12 of 20 bytes were "
                        + "given.", t -> t.kernel.device.readResults.add(12L)),
                lie("The DMA-fault region of /dev/vfio/devices/vfio0 can't be mapped: its ring of 32768 bytes at byte "
                        + "4096 is not within one of its 0 mappable parts.",
                        t -> t.says(11, 0x9000, at, 0x1000,
                                0x9000)),
                lie("The DMA-fault region of /dev/vfio/devices/vfio0 can't be mapped: its ring of 32768 bytes at byte "
                        + "4096 is not within one of its 1 mappable parts.",
                        t -> t.says(15, 0x9000, at, 0x1000,
                                0x8000)),
                lie("Region 9 of /dev/vfio/devices/vfio0 can't be mapped: 0x8800 bytes at 0x64 of it, which is at "
                        + "0x9000000000 of the file, are not a mappable part that begins a page.", t -> {
                            t.fake.put(12, 0x64);
                            t.fake.put(8, 256);
                            t.fake.put(4, 0x88);
                            t.says(15, 0x9000, at, 0x64, 0x9000);
                        }),
                lie("The DMA-fault region of /dev/vfio/devices/vfio0 can't be both read and written: its flags are "
                        + "13.", t -> t.says(13, 0x9000, at, 0x1000, 0x9000)),
                lie("The region info names a mappable part of 0x8000 bytes at 0x1000, outside the region.",
                        t -> t.says(15, 0x8000, at, 0x1000, 0x9000)),
                lie("The DMA-fault region's entry_size is 63; it must be a multiple of 8 and at least 64.",
                        t -> t.fake.put(4, 63)),
                lie("The DMA-fault region's nb_entries is 511; it must be a power of two, 2 or more.",
                        t -> t.fake.put(8, 511)),
                lie("The DMA-fault region's offset is 16; it must be a multiple of 4 behind the header of 20 bytes.",
                        t -> t.fake.put(12, 16)),
                lie("The DMA-fault region has 36864 bytes; its header asks for 512 entries of 64 bytes from byte "
                        + "2147483644 on.", t -> t.fake.put(12, 0x7FFF_FFFC)),
                lie("The DMA-fault region has 36864 bytes; its header asks for 2147483648 entries of 4294967288 bytes "
                        + "from byte 4096 on.", t -> {
                            t.fake.put(4, -8);
                            t.fake.put(8, Integer.MIN_VALUE);
                        }),
                lie("The DMA-fault region's tail is 512; it must be below nb_entries, 512.", t -> t.fake.put(0, 512)),
                lie("The region's DMA-fault capability has version 0x7; 0x1 (plain) and 0x56490001 (extended) are "
                        + "known.", t -> t.says(88, 7)),
                lie("The region info's capability chain leads to byte 32.", t -> t.says(84, 32)),
                lie("The region info's capability chain leads to byte 4096.", t -> t.says(12, 4096)),
                lie("The region info ends within the capability at byte 80.", t -> {
                    final byte[] info = Arrays.copyOf(t.fake.info(), 88);
                    new UnsafeBuffer(info).putInt(0, 88);
                    t.kernel.device.regions.put(FakeFaultRegion.INDEX, info);
                }),
                lie("The device /dev/vfio/devices/vfio0 has no DMA-fault region among its 10 regions.",
                        t -> t.says(44, 3)),
                lie("The device /dev/vfio/devices/vfio0 says that it has 4294967294 regions; more than 256 are not "
                        + "believed.", t -> t.kernel.device.regionCount(-2)),
                lie("The device /dev/vfio/devices/vfio0 has a DMA-fault region and no interrupt for it among its 6 "
                        + "interrupt indexes.",
                        t -> t.kernel.device.interrupts.put(FakeFaultRegion.INTERRUPT,
                                FakeVfioDevice.bytes(16).putInt(16).putInt(1).putInt(5).putInt(1).array())),
                lie("VFIO_DEVICE_GET_INFO on /dev/vfio/devices/vfio0 failed: ENODEV (no such device)",
                        t -> t.kernel.device.unplug()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lies")
    void aDeviceThatLiesIsRefusedInOneSentenceAndNothingIsLeft(final String sentence,
            final Consumer<DeviceRegionTest> how) throws Exception {
        final long files = OpenFiles.count("eventfd");
        final long mapped = mappings();
        how.accept(this);
        assertThatThrownBy(() -> DmaFaultRegion.open(NIC, device)).hasMessage(sentence);
        assertThat(OpenFiles.count("eventfd")).isEqualTo(files);
        assertThat(mappings()).isEqualTo(mapped);
        assertThat(fake.armed()).isFalse();
    }

    @Test
    void aRegionThatBreaksLaterEndsTheSourceWithOneSentence() {
        broken("its head is 512, which must be below nb_entries, 512.", () -> fake.put(HEAD, 512));
        fake.put(HEAD, 0);
        broken("its head can't be read: only 3 bytes were taken.", () -> kernel.device.readResults.add(3L));
        broken("its head can't be read: EINTR (interrupted).", () -> kernel.device.readResults.add(-4L));
        broken("its head can't be read: ENODEV (no such device).", kernel.device::unplug);
    }

    private void broken(final String reason, final Runnable how) {
        try (DmaFaultRegion region = DmaFaultRegion.open(NIC, device)) {
            how.run();
            assertThat(region.poll(sink, 4)).isZero();
            assertThat(region.exhausted()).isTrue();
            assertThat(region.failure()).isEqualTo("The DMA-fault region of nic is broken: " + reason);
        }
    }

    @Test
    void aTailThatTheKernelRefusesEndsTheSourceAndLosesNoFaultThatWasRead() {
        try (DmaFaultRegion region = DmaFaultRegion.open(NIC, device)) {
            fault(0x1000);
            kernel.device.refuseWrites();
            assertThat(region.poll(sink, 4)).isEqualTo(1);
            assertThat(region.poll(sink, 4)).isZero();
            assertThat(region.failure())
                    .isEqualTo("The DMA-fault region of nic is broken: its tail can't be written: EINVAL (invalid "
                            + "argument).");
            assertThat(sink.records).hasSize(1);
        }
    }
}
