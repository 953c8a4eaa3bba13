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

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultProducer;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.iommufd.FaultQueueSource;
import io.viommu.bridge.iommufd.RecoverableForm;
import io.viommu.bridge.log.KernelLogParser;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.LogFaultHandler;
import io.viommu.bridge.log.LogNotice;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.fault.GenericFault;
import io.viommu.vmm.vfiouser.DoorGuest;
import io.viommu.vtd.fault.VtdFaultText;

/** The ways a fault of a VT-d unit comes to the bridge; iommufd has no event queue for VT-d, so it is none of them. */
enum VtdScenarioSource {
    /** The region of 2021 with the entries of 2021. */
    PLAIN_REGION("region, plain") {
        @Override
        FaultSource hold(final VtdScenario scenario) {
            return region(scenario, EntryFormat.PLAIN, false);
        }
    },
    /** The region with entries that carry the record too. */
    EXTENDED_REGION("region, extended") {
        @Override
        FaultSource hold(final VtdScenario scenario) {
            return region(scenario, EntryFormat.EXTENDED, false);
        }
    },
    /** The fault queue of iommufd; the driver answers privileged requests by itself (Linux 7.3, prq.c). */
    FAULT_QUEUE("fault queue") {
        @Override
        FaultSource hold(final VtdScenario scenario) {
            final boolean privileged = scenario.request() && (scenario.permissions() & GenericFault.PERM_PRIV) != 0;
            return scenario.request() && !privileged ? faultQueue(pageFault(scenario)) : null;
        }

        @Override
        int hostDevice() {
            return VtdScenario.DEVICE_ID;
        }
    },
    /** A log, replayed; a kernel prints no page requests. */
    LOG("log") {
        @Override
        FaultSource hold(final VtdScenario scenario) {
            return scenario.request() ? null : region(scenario, EntryFormat.EXTENDED, true);
        }
    },
    /** A fault journal of what a VMM read from an extended region, played again. */
    JOURNAL("journal") {
        @Override
        FaultSource hold(final VtdScenario scenario) {
            return JournaledSource.of(EXTENDED_REGION.hold(scenario));
        }
    },
    /** A line on the control socket of the vfio-user door; the guest is on the other side of the protocol. */
    VFIO_USER("vfio-user") {
        @Override
        FaultSource hold(final VtdScenario scenario) {
            throw new AssertionError("it is no source but a door");
        }

        @Override
        GuestView deliver(final VtdScenario scenario) {
            final DoorGuest door = new DoorGuest("intel-iommu", Map.of(), ConformanceGuest.RAM,
                    ConformanceGuest.RAM_SIZE);
            final VtdView view = new VtdView(door, door.ram(), ConformanceGuest.RAM);
            assertThat(door.say(line(scenario))).startsWith("OK ").doesNotContain("rejected", "malformed");
            return new DoorView(door, view);
        }
    };

    static final int SOURCE = 1;
    private static final int KERNEL_NEEDS_PASID = 4;

    private final String column;

    VtdScenarioSource(final String column) {
        this.column = column;
    }

    String column() {
        return column;
    }

    /** A source that holds the fault; null if such a source can't carry it. */
    abstract FaultSource hold(VtdScenario scenario);

    /** What the source calls the device. */
    int hostDevice() {
        return VtdScenario.HOST_DEVICE;
    }

    /** A guest to which the fault was brought; null if such a source can't carry it. */
    GuestView deliver(final VtdScenario scenario) {
        final FaultSource source = hold(scenario);
        if (source == null) {
            return null;
        }
        final ConformanceGuest<VtdView> guest = guest();
        guest.route(SOURCE, hostDevice(), VtdScenario.GUEST_DEVICE);
        assertThat(guest.take(source)).isTrue();
        source.close();
        return guest;
    }

    static ConformanceGuest<VtdView> guest() {
        return new ConformanceGuest<>("intel-iommu", Map.of(), VtdView::new);
    }

    /** Null if the plain entry has no words for it. */
    private static FaultSource region(final VtdScenario scenario, final EntryFormat format, final boolean asReported) {
        final HostReport report = scenario.request() ? request(scenario) : HostReport.of(logged(scenario));
        if (report == null && format == EntryFormat.PLAIN) {
            return null;
        }
        final DmaFaultRegion region = DmaFaultRegion
                .create(new DmaFaultDevice("nic", SOURCE, VtdScenario.HOST_DEVICE, asReported), format);
        final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(128));
        final FaultEntry entry = new FaultEntry().wrap(buffer, 0);
        (report == null ? HostReport.unknown(scenario.pasid()) : report).fill(entry);
        if (format == EntryFormat.EXTENDED && scenario.request()) {
            entry.device(VtdScenario.HOST_DEVICE);
        } else if (format == EntryFormat.EXTENDED) {
            final List<Long> words = asReported ? words(logged(scenario)) : scenario.hardware();
            entry.vtdFault(VtdScenario.HOST_DEVICE, words.get(0), words.get(1));
        }
        new DmaFaultProducer(region.memory(), region.event()).produce(buffer, 0, 0);
        return region;
    }

    private static List<Long> words(final LogFault fault) {
        return List.of(fault.words().get(0), fault.words().get(1));
    }

    private static HostReport request(final VtdScenario scenario) {
        return new HostReport(true, scenario.group(), GenericFault.REQUEST_LAST_PAGE, scenario.pasid(),
                scenario.permissions(), scenario.address(), 0);
    }

    /** What the host's kernel prints of the fault, read back by the parser. */
    private static LogFault logged(final VtdScenario scenario) {
        final List<LogFault> faults = new ArrayList<>();
        final KernelLogParser parser = new KernelLogParser(new LogFaultHandler() {
            @Override
            public void fault(final LogFault fault) {
                faults.add(fault);
            }

            @Override
            public void notice(final LogNotice notice) {
                throw new AssertionError(notice);
            }
        });
        parser.line(VtdFaultText.linuxLine(scenario.hardware().get(0), scenario.hardware().get(1)));
        parser.end();
        return faults.getFirst();
    }

    static FaultQueueSource faultQueue(final KernelBytes file) {
        return new FaultQueueSource("requests", SOURCE, file, RecoverableForm.PAGE_REQUEST);
    }

    /** The record that the driver makes; with a PASID it carries a flag that the uapi doesn't document. */
    static KernelBytes pageFault(final VtdScenario scenario) {
        final boolean hasPasid = scenario.pasid() >= 0;
        return new KernelBytes()
                .ints(hasPasid ? 3 | KERNEL_NEEDS_PASID : 2, VtdScenario.DEVICE_ID, hasPasid ? scenario.pasid() : 0,
                        scenario.group(), scenario.permissions(), 0)
                .longs(scenario.address()).ints(0, 1);
    }

    /** The fault as it is written for the control socket. */
    private static String line(final VtdScenario scenario) {
        final String device = "fault sid=" + VtdScenario.GUEST_DEVICE
                + (scenario.pasid() == FaultSink.NO_PASID ? "" : " ssid=" + scenario.pasid());
        if (!scenario.request()) {
            return device + " words=0x%x,0x%x".formatted(scenario.hardware().get(0), scenario.hardware().get(1));
        }
        final int permissions = scenario.permissions();
        return device + " iova=" + scenario.address() + " grpid=" + scenario.group() + " last=1 perm="
                + ((permissions & 1) != 0 ? "r" : "") + ((permissions & 2) != 0 ? "w" : "")
                + ((permissions & 4) != 0 ? "x" : "") + ((permissions & 8) != 0 ? "p" : "");
    }
}
