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
import java.util.Set;
import java.util.stream.Collectors;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultProducer;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.iommufd.FaultQueueSource;
import io.viommu.bridge.iommufd.RecoverableForm;
import io.viommu.bridge.iommufd.VeventQueueSource;
import io.viommu.bridge.log.KernelLogParser;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.LogFaultHandler;
import io.viommu.bridge.log.LogNotice;
import io.viommu.fault.FaultSource;
import io.viommu.vmm.vfiouser.DoorGuest;

/**
 * The ways a fault comes from the hardware to the bridge: each holds what its host's kernel would put into it, so a
 * column of the table in docs/bridge.md. The kernel's log stands in for the hardware where a region is filled, since it
 * shows the record as it is.
 */
enum ScenarioSource {
    /** The region of 2021 with the entries of 2021. */
    PLAIN_REGION("region, plain") {
        @Override
        FaultSource hold(final FaultScenario scenario) {
            final LogFault fault = logged(scenario);
            final HostReport report = HostReport.of(fault);
            return report == null ? null : region(report, null, EntryFormat.PLAIN, false);
        }
    },
    /** The region with entries that carry the record too. */
    EXTENDED_REGION("region, extended") {
        @Override
        FaultSource hold(final FaultScenario scenario) {
            final LogFault fault = logged(scenario);
            return region(HostReport.of(fault), fault, EntryFormat.EXTENDED, false);
        }
    },
    /** The event queue of a vIOMMU of iommufd; the driver's rules are those of Linux 7.3. */
    VEVENTQ("vEVENTQ") {
        private static final Set<Integer> FORWARDED = Set.of(0x04, 0x06, 0x08, 0x0A, 0x10, 0x11, 0x12, 0x13);

        @Override
        FaultSource hold(final FaultScenario scenario) {
            if (scenario.request() || scenario.stalled() || scenario.ofStage2()
                    || !FORWARDED.contains(scenario.type())) {
                return null;
            }
            final List<Long> words = scenario.hardware();
            return new VeventQueueSource("events", SOURCE, new KernelBytes().ints(0, 0).longs(
                    words.get(0) & 0xFFFF_FFFFL | (long) FaultScenario.GUEST_STREAM << 32, words.get(1), words.get(2),
                    words.get(3)));
        }

        @Override
        int hostDevice() {
            return FaultScenario.GUEST_STREAM;
        }
    },
    /** The fault queue of iommufd. */
    FAULT_QUEUE("fault queue") {
        @Override
        FaultSource hold(final FaultScenario scenario) {
            return scenario.request() || scenario.stalled() ? faultQueue(scenario, pageFault(scenario)) : null;
        }

        @Override
        int hostDevice() {
            return FaultScenario.DEVICE_ID;
        }
    },
    /** A log, replayed. */
    LOG("log") {
        @Override
        FaultSource hold(final FaultScenario scenario) {
            final LogFault fault = logged(scenario);
            return region(HostReport.of(fault), fault, EntryFormat.EXTENDED, true);
        }
    },
    /** A fault journal of what a VMM read from an extended region, played again. */
    JOURNAL("journal") {
        @Override
        FaultSource hold(final FaultScenario scenario) {
            return JournaledSource.of(EXTENDED_REGION.hold(scenario));
        }
    },
    /** A line on the control socket of the vfio-user door; the guest is on the other side of the protocol. */
    VFIO_USER("vfio-user") {
        @Override
        FaultSource hold(final FaultScenario scenario) {
            throw new AssertionError("it is no source but a door");
        }

        @Override
        GuestView deliver(final FaultScenario scenario) {
            final DoorGuest door = new DoorGuest("smmuv3", Map.of("stall", "on"), ConformanceGuest.RAM,
                    ConformanceGuest.RAM_SIZE);
            final SmmuView view = new SmmuView(door, door.ram(), ConformanceGuest.RAM);
            assertThat(door.say(line(scenario))).startsWith("OK ").doesNotContain("rejected", "malformed");
            return new DoorView(door, view);
        }
    };

    static final int SOURCE = 1;

    private final String column;

    ScenarioSource(final String column) {
        this.column = column;
    }

    String column() {
        return column;
    }

    /** A source that holds the fault; null if such a source can't carry it. */
    abstract FaultSource hold(FaultScenario scenario);

    /** A guest to which the fault was brought; null if such a source can't carry it. */
    GuestView deliver(final FaultScenario scenario) {
        final FaultSource source = hold(scenario);
        if (source == null) {
            return null;
        }
        final ConformanceGuest<SmmuView> guest = ConformanceGuest.smmu(Map.of("stall", "on"));
        guest.route(SOURCE, hostDevice());
        assertThat(guest.take(source)).isTrue();
        source.close();
        return guest;
    }

    /** The fault as it is written for the control socket: the record as it is, but for a page request. */
    private static String line(final FaultScenario scenario) {
        final List<Long> words = scenario.hardware();
        final String device = "fault sid=" + FaultScenario.GUEST_STREAM;
        if (!scenario.request()) {
            final String record = words.stream().map(word -> "0x" + Long.toHexString(word))
                    .collect(Collectors.joining(","));
            return device + " words=" + record + (scenario.stalled() ? " stall=1 stag=1" : "")
                    + (bit(words, 11) ? " ssid=" + (words.get(0) >>> 12 & 0xF_FFFF) : "");
        }
        return device + (bit(words, 63) ? " ssid=" + (words.get(0) >>> 32 & 0xF_FFFF) : "") + " iova="
                + (words.get(1) & ~0xFFFL) + " grpid=" + (words.get(1) & 0x1FF) + " last=1 perm="
                + (bit(words, 60) ? "r" : "") + (bit(words, 61) ? "w" : "") + (bit(words, 59) ? "x" : "")
                + (bit(words, 58) ? "p" : "");
    }

    /** What the source calls the device. */
    int hostDevice() {
        return FaultScenario.HOST_STREAM;
    }

    private static FaultSource region(final HostReport report, final LogFault raw, final EntryFormat format,
            final boolean asReported) {
        final DmaFaultRegion region = DmaFaultRegion
                .create(new DmaFaultDevice("nic", SOURCE, FaultScenario.HOST_STREAM, asReported), format);
        final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(128));
        final FaultEntry entry = new FaultEntry().wrap(buffer, 0);
        (report == null ? HostReport.unknown(-1) : report).fill(entry);
        if (raw != null && raw.kind() == LogFault.Kind.SMMU_EVENT) {
            entry.smmuEvent(FaultScenario.HOST_STREAM, raw.words().get(0), raw.words().get(1), raw.words().get(2),
                    raw.words().get(3));
        } else if (raw != null) {
            entry.device(FaultScenario.HOST_STREAM);
        }
        new DmaFaultProducer(region.memory(), region.event()).produce(buffer, 0, 0);
        return region;
    }

    /** What the host's kernel prints of the fault, read back by the parser. */
    static LogFault logged(final FaultScenario scenario) {
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
        final String driver = "arm-smmu-v3 arm-smmu-v3.0.auto: ";
        final List<Long> words = scenario.hardware();
        if (scenario.request()) {
            parser.line(driver + "unexpected PRI request received:");
            parser.line(driver + "\tsid 0x%08x.0x%05x: [%d%s] %sprivileged %s%s%s access at iova 0x%016x".formatted(
                    FaultScenario.HOST_STREAM, words.get(0) >>> 32 & 0xF_FFFF, words.get(1) & 0x1FF,
                    bit(words, 62) ? "L" : "", bit(words, 58) ? "" : "un", bit(words, 60) ? "R" : "",
                    bit(words, 61) ? "W" : "", bit(words, 59) ? "X" : "", words.get(1) & ~0xFFFL));
        } else {
            parser.line(driver + "event 0x%02x received:".formatted(scenario.type()));
            words.forEach(word -> parser.line(driver + "\t0x%016x".formatted(word)));
        }
        parser.end();
        return faults.getFirst();
    }

    private static boolean bit(final List<Long> words, final int bit) {
        return (words.get(0) >>> bit & 1) != 0;
    }

    static FaultQueueSource faultQueue(final FaultScenario scenario, final KernelBytes file) {
        return new FaultQueueSource("faults", SOURCE, file,
                scenario.request() ? RecoverableForm.PAGE_REQUEST : RecoverableForm.STALL);
    }

    /** The record that the driver makes: the group of a request, or the tag of a stalled transaction. */
    static KernelBytes pageFault(final FaultScenario scenario) {
        final List<Long> words = scenario.hardware();
        final boolean request = scenario.request();
        final boolean hasPasid = bit(words, request ? 63 : 11);
        final int pasid = (int) (words.get(0) >>> (request ? 32 : 12)) & 0xF_FFFF;
        final long access = words.get(1) >>> 33;
        final int permissions = request
                ? (bit(words, 60) ? 1 : 0) | (bit(words, 61) ? 2 : 0) | (bit(words, 59) ? 4 : 0)
                        | (bit(words, 58) ? 8 : 0)
                : ((access & 4) != 0 ? 1 : 2) | ((access & 2) != 0 ? 4 : 0) | ((access & 1) != 0 ? 8 : 0);
        final long address = request ? words.get(1) & ~0xFFFL : words.get(2);
        final int group = (int) (request ? words.get(1) & 0x1FF : words.get(1) & 0xFFFF);
        return new KernelBytes()
                .ints(hasPasid ? 3 : 2, FaultScenario.DEVICE_ID, hasPasid ? pasid : 0, group, permissions, 0)
                .longs(address).ints(0, 1);
    }
}
