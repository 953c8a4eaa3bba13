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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.iommufd.nested.BoundDevice;
import io.viommu.bridge.iommufd.nested.SmmuPassthrough;
import io.viommu.bridge.iommufd.nested.VtdPassthrough;
import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.OpenFiles;
import io.viommu.bridge.vfio.FakeFaultRegion;
import io.viommu.bridge.vfio.FakeVfio;
import io.viommu.bridge.vfio.VfioBinding;
import io.viommu.bridge.vfio.VfioDevice;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.fault.PageResponder;
import io.viommu.pipeline.FaultIngress;

/**
 * The order in which a passthrough is taken apart: devices cut off, what is there read, what is open answered,
 * interrupts stopped; for a VFIO device with a DMA-fault region and MSIs, beside the queues of iommufd.
 */
@Timeout(60)
class TeardownTest {

    private static final int GUEST_DEVICE = 0x1742;
    private static final int HOST_DEVICE = 0x300;
    private static final int REGION = 3;
    private static final int MSI = 1;
    private static final long STE = 1 | 5 << 1 | 0x1000;

    private final List<String> trace = new ArrayList<>();
    private final long eventfds = OpenFiles.count("eventfd");
    private final long mappings = mappings();
    private final FakeVfio kernel = new FakeVfio();
    private final FakeFaultRegion hardware = new FakeFaultRegion(64);
    private final Iommufd iommufd = Iommufd.open(kernel);
    private final VfioDevice vfio = VfioDevice.open(kernel, FakeVfio.NODE + 0);
    private final VfioBinding binding = vfio.bind(iommufd);
    private final NestParent parent = iommufd.ioas().nestParent(binding.id());
    private final EventFd msi = EventFd.create();
    private final RecordingPort guest = new RecordingPort();
    private final FaultRouter router = new FaultRouter();
    private IntSupplier open;

    TeardownTest() throws IOException {
        kernel.device.faults(hardware);
        vfio.signal(MSI, 0, msi.fd());
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("fake-fault-region")).count();
        }
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        msi.close();
        vfio.close();
        iommufd.close();
        hardware.close();
        assertThat(kernel.iommufd.objects()).isZero();
        assertThat(OpenFiles.count("eventfd")).as("eventfds, the fake kernel's files among them").isEqualTo(eventfds);
        assertThat(mappings()).as("mappings of the region").isEqualTo(mappings);
    }

    /** Notes what is done to the device, and what was still open then. */
    private final class Traced implements BoundDevice {

        @Override
        public int id() {
            return binding.id();
        }

        @Override
        public void attach(final int table) {
            binding.attach(table);
            trace.add("attached");
        }

        @Override
        public void detach() {
            binding.detach();
            trace.add("detached");
        }

        @Override
        public void attachPasid(final int pasid, final int table) {
            binding.attachPasid(pasid, table);
        }

        @Override
        public void detachPasid(final int pasid) {
            binding.detachPasid(pasid);
        }

        @Override
        public void silence() {
            trace.add("silent: " + guest.devices.size() + " injected, " + open.getAsInt() + " open");
            binding.silence();
        }
    }

    /** The region, whose closing is noted. */
    private FaultSource region() {
        final DmaFaultRegion region = DmaFaultRegion.open(new DmaFaultDevice("nic", REGION, HOST_DEVICE, false), vfio);
        return new FaultSource() {
            @Override
            public String name() {
                return region.name();
            }

            @Override
            public int readyFd() {
                return region.readyFd();
            }

            @Override
            public void ready() {
                region.ready();
            }

            @Override
            public int poll(final FaultSink sink, final int limit) {
                return region.poll(sink, limit);
            }

            @Override
            public void close() {
                trace.add("region closed: " + region.read() + " read, " + open.getAsInt() + " open");
                region.close();
                assertThat(hardware.armed()).isFalse();
            }
        };
    }

    private void faults(final int count) {
        final UnsafeBuffer entry = new UnsafeBuffer(new byte[128]);
        for (int i = 0; i < count; i++) {
            new FaultEntry().wrap(entry, 0).unrecoverable(5, 2, FaultSink.NO_PASID, 1, i << 12, 0);
            assertThat(hardware.fault(entry)).isTrue();
        }
    }

    private FaultReader reader(final PageResponder host) {
        return new FaultReader("teardown", new FaultIngress("teardown", router, CounterFile.inMemory(),
                new UnroutedAnswers(host, FaultObserver.NONE)), ReaderSettings.DEFAULT, source -> {
                });
    }

    private SmmuPassthrough smmu(final FaultReader reader, final SmmuPassthrough made) {
        open = made.stalls()::openGroups;
        made.add(GUEST_DEVICE, new Traced());
        made.add(GUEST_DEVICE, region(), REGION, HOST_DEVICE);
        made.start(reader, router, guest);
        assertThat(made.host().streams().install(GUEST_DEVICE, STE, 0)).isTrue();
        return made;
    }

    @Test
    void anSmmusShareIsTakenApartInTheOrderThatLosesNothing() throws Exception {
        final SmmuPassthrough made = new SmmuPassthrough("smmu", parent, binding.id(), 16, 1);
        try (FaultReader reader = reader(made.host())) {
            reader.start();
            smmu(reader, made);
            kernel.iommufd.event(binding.id(), 0x10, 1L << 31, 0x5000, 0);
            guest.await(1);
            assertThat(open.getAsInt()).isEqualTo(1);
            faults(200);
            trace.clear();
            made.close();
        }
        assertThat(trace).containsExactly("attached", "detached", "region closed: 200 read, 0 open",
                "silent: 201 injected, 0 open");
        assertThat(kernel.device.armed).as("flags, index, start, count, descriptor").element(1).asString()
                .startsWith("36 5 0 1 ");
        assertThat(kernel.device.armed.subList(2, 5)).as("the region's eventfd, then all that were armed")
                .containsExactly("36 5 0 1 -1", "33 1 0 0", "33 5 0 0");
    }

    @Test
    void aVtdUnitsShareIsTakenApartInTheSameOrder() throws Exception {
        final VtdPassthrough made = new VtdPassthrough("vtd", parent, 1);
        open = made.requests()::openGroups;
        try (FaultReader reader = reader(made.host())) {
            reader.start();
            made.add(GUEST_DEVICE, new Traced(), false);
            made.start(reader, router, guest);
            made.add(GUEST_DEVICE, region(), REGION, HOST_DEVICE);
            assertThat(made.host().requesters().install(GUEST_DEVICE, FaultSink.NO_PASID, 0x1000, 48, 0)).isTrue();
            kernel.iommufd.pageRequest(binding.id(), 2, 0, 7, 1, 0x5000);
            guest.await(1);
            faults(200);
            trace.clear();
            made.close();
        }
        assertThat(trace).containsExactly("detached", "region closed: 200 read, 0 open",
                "silent: 201 injected, 0 open");
    }

    @Test
    void aDeviceUnpluggedInAStormIsReadAndSilencedAndTheOthersGoOn() throws Exception {
        final SmmuPassthrough made = new SmmuPassthrough("smmu", parent, binding.id(), 16, 1);
        try (FaultReader reader = reader(made.host())) {
            reader.start();
            smmu(reader, made);
            final FakeDevice other = new FakeDevice(kernel.iommufd);
            made.add(8, other);
            assertThat(made.host().streams().install(8, STE, 0)).isTrue();
            faults(100);
            made.remove(GUEST_DEVICE);
            assertThat(trace.getLast()).isEqualTo("silent: 100 injected, 0 open");
            kernel.iommufd.event(other.id(), 0x10, 0, 0x5000, 0);
            guest.await(101);
            assertThat(guest.devices.getLast()).isEqualTo(8);
            made.close();
            kernel.iommufd.unbind(other.id());
        }
    }

    @Test
    void aDeviceThatHasVanishedStopsNoTeardown() throws Exception {
        final SmmuPassthrough made = new SmmuPassthrough("smmu", parent, binding.id(), 16, 1);
        try (FaultReader reader = reader(made.host())) {
            reader.start();
            smmu(reader, made);
            kernel.device.unplug();
            assertThatThrownBy(made::close).as("the kernel keeps the device attached until its file is closed")
                    .isInstanceOf(LinuxException.class).hasMessageEndingWith("EBUSY (device or resource busy)");
            vfio.close();
            made.close();
        }
        assertThat(trace.getLast()).isEqualTo("silent: 0 injected, 0 open");
    }

    @Test
    void aSourceBelongsToADevice() {
        final SmmuPassthrough made = new SmmuPassthrough("smmu", parent, binding.id(), 16, 1);
        assertThatThrownBy(() -> made.add(9, null, REGION, HOST_DEVICE))
                .hasMessage("No device of smmu is called 0x9 by the guest.");
        made.close();
    }
}
