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
package io.viommu.vmm.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultProducer;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.iommufd.FaultQueueSource;
import io.viommu.bridge.iommufd.RecoverableForm;
import io.viommu.bridge.iommufd.VeventQueueSource;
import io.viommu.bridge.vfio.DeviceKind;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;

/**
 * A platform device with a StreamID and no requester id, and a CXL device, take the road of a PCI one: the same sources,
 * routes and records, and the guest fetches the same bytes but for the name that it gave the device.
 */
class DeviceKindsTest {

    private static final int SOURCE = 3;
    private static final long F_TRANSLATION = 0x10;
    private static final long IN_READ = 2L << 40 | 1L << 35;
    private static final long STALL = 1L << 31;
    private static final int KERNEL_ID = 5;

    private static List<Long> expected(final int stream, final long word1) {
        return List.of(F_TRANSLATION | (long) stream << 32, word1, 0x2_0000L, 0L);
    }

    private static FaultSource region(final int device) {
        final DmaFaultRegion region = DmaFaultRegion.create(new DmaFaultDevice("any", SOURCE, device, false),
                EntryFormat.PLAIN);
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[128]);
        new FaultEntry().wrap(buffer, 0).unrecoverable(5, 2, FaultSink.NO_PASID, 1, 0x2_0000, 0);
        new DmaFaultProducer(region.memory(), region.event()).produce(buffer, 0, 0);
        return region;
    }

    private static void check(final IntFunction<FaultSource> kind, final int hostDevice, final int stream,
            final long word1) {
        try (ConformanceGuest<SmmuView> guest = ConformanceGuest.smmu(Map.of("stall", "on"));
                FaultSource source = kind.apply(hostDevice)) {
            guest.route(SOURCE, hostDevice, stream);
            guest.take(source);
            assertThat(guest.events()).isEqualTo(expected(stream, word1));
        }
    }

    @ParameterizedTest(name = "{0} {1}, StreamID {2} in the guest")
    @CsvSource({ "PCI,0000:03:00.0,0x300", "PLATFORM,0x7,7", "CXL,2/35:00.0,0x3500", "PCI,ffff:ff:1f.7,0xffff" })
    void everyKindTakesTheSameRoad(final DeviceKind kind, final String name, final String guestStream) {
        final int stream = Integer.decode(guestStream);
        check(DeviceKindsTest::region, kind.parse(name), stream, IN_READ);
        check(device -> new VeventQueueSource("events", SOURCE, new KernelBytes().ints(0, 0)
                .longs(F_TRANSLATION | (long) stream << 32, IN_READ, 0x2_0000, 0)), stream, stream, IN_READ);
        check(device -> new FaultQueueSource("stalls", SOURCE,
                new KernelBytes().ints(2, KERNEL_ID, 0, 0, 1, 0).longs(0x2_0000).ints(0, 1), RecoverableForm.STALL),
                KERNEL_ID, stream, IN_READ | STALL);
    }

    @ParameterizedTest(name = "PASID {0} is the StreamID {1}")
    @CsvSource({ "0x55,0x100", "0x56,7" })
    void aPasidOfAPlatformDeviceCanBeAnotherVirtualDevice(final String pasid, final String stream) {
        try (ConformanceGuest<SmmuView> guest = ConformanceGuest.smmu(Map.of());
                FaultQueueSource source = new FaultQueueSource("requests", SOURCE, new KernelBytes()
                        .ints(3, KERNEL_ID, Integer.decode(pasid), 1, 1, 0).longs(0x9000).ints(0, 1),
                        RecoverableForm.PAGE_REQUEST)) {
            guest.route(SOURCE, KERNEL_ID, 7);
            guest.route(SOURCE, KERNEL_ID, 0x55, 0x100);
            guest.take(source);
            assertThat(guest.requests().getFirst().intValue()).isEqualTo(Integer.decode(stream));
        }
    }
}
