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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.vfio.DeviceKind;
import io.viommu.bridge.vfio.FakeFaultRegion;
import io.viommu.bridge.vfio.FakeVfio;
import io.viommu.bridge.vfio.VfioContainer;
import io.viommu.bridge.vfio.VfioDevice;
import io.viommu.bridge.vfio.VfioGroup;
import io.viommu.fault.FaultSink;

/**
 * From the DMA-fault region of a VFIO device to the guest: the device's interrupt wakes the reader, which takes the
 * entry out of the mapped ring, and the guest's event queue gets the record. For devices of every kind, opened by a node
 * of their own and by a group.
 */
@Timeout(60)
class VfioRegionRoadTest {

    private static final int SOURCE = 3;

    /** Opens the device and, the last first, what has to be closed after it. */
    private static VfioDevice open(final FakeVfio kernel, final boolean ofGroup, final List<AutoCloseable> opened) {
        if (ofGroup) {
            final VfioContainer container = VfioContainer.open(kernel);
            opened.add(container);
            final VfioGroup group = VfioGroup.open(kernel, FakeVfio.GROUP);
            opened.add(group);
            group.join(container);
            return group.device(FakeVfio.NAME);
        }
        final Iommufd iommufd = Iommufd.open(kernel);
        opened.add(iommufd);
        final VfioDevice device = VfioDevice.open(kernel, FakeVfio.NODE + 0);
        device.bind(iommufd);
        return device;
    }

    private static void await(final ConformanceGuest<SmmuView> guest, final int events) throws InterruptedException {
        while ((guest.view.eventProd() & 0x7F) < events) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @ParameterizedTest(name = "{0} {1}, StreamID {2} in the guest, by its group: {3}")
    @CsvSource({ "PCI,0000:03:00.0,0x300,false", "PLATFORM,0x7,7,true", "CXL,2/35:00.0,0x3500,false",
        "PLATFORM,0x7,7,false" })
    void aFaultInTheDevicesRegionIsARecordInTheGuestsQueue(final DeviceKind kind, final String name,
            final String guestStream, final boolean ofGroup) throws Exception {
        final int stream = Integer.decode(guestStream);
        final FakeVfio kernel = new FakeVfio();
        final List<AutoCloseable> opened = new ArrayList<>();
        try (FakeFaultRegion hardware = new FakeFaultRegion(64);
                ConformanceGuest<SmmuView> guest = ConformanceGuest.smmu(Map.of());
                FaultReader reader = new FaultReader("region", guest.ingress(), ReaderSettings.DEFAULT, ended -> {
                })) {
            kernel.device.faults(hardware);
            final VfioDevice device = open(kernel, ofGroup, opened);
            final DmaFaultRegion region = DmaFaultRegion
                    .open(new DmaFaultDevice(name, SOURCE, kind.parse(name), false), device);
            guest.route(SOURCE, kind.parse(name), stream);
            reader.add(region);
            reader.start();
            final UnsafeBuffer entry = new UnsafeBuffer(new byte[128]);
            final FaultEntry fault = new FaultEntry();
            for (int i = 0; i < 3; i++) {
                fault.wrap(entry, 0).unrecoverable(5, i == 1 ? 3 : 2, i == 1 ? 0x55 : FaultSink.NO_PASID, 1,
                        0x2_0000 + i * 0x1000L, 0);
                assertThat(hardware.fault(entry)).isTrue();
                await(guest, i + 1);
            }
            reader.remove(region);
            region.close();
            device.close();
            final long first = 0x10 | (long) stream << 32;
            final long read = 2L << 40 | 1L << 35;
            assertThat(guest.events()).containsExactly(first, read, 0x2_0000L, 0L,
                    first | 1L << 11 | 0x55L << 12, read, 0x2_1000L, 0L, first, read, 0x2_2000L, 0L);
            assertThat(hardware.armed()).isFalse();
        }
        for (final AutoCloseable last : opened.reversed()) {
            last.close();
        }
    }
}
