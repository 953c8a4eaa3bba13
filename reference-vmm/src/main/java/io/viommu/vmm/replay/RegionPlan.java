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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.dmafault.FaultScript;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.SmmuLogEvent;
import io.viommu.bridge.log.SmmuLogPageRequest;
import io.viommu.bridge.log.VtdLogFault;
import io.viommu.fault.FaultSink;

/**
 * Gives each device of the input a DMA-fault region, as the design of 2021 gives one to each VFIO device, and writes
 * the script that a producer runs through: one step for each fault that can be played.
 */
final class RegionPlan {

    /** A region takes memory, two descriptors here and two in the producer. */
    static final int MAX_DEVICES = 256;

    /** So many faults are played at once: they are held in memory meanwhile. */
    static final int MAX_FAULTS = 1 << 16;

    /** A device of the input, by architecture and number. */
    private record Device(LogFault.Architecture architecture, int number) {
    }

    private final EntryFormat format;
    private final List<ReplayFault> faults = new ArrayList<>();
    private final Map<Device, Integer> regions = new HashMap<>();
    private final List<Device> devices = new ArrayList<>();
    private int playable;

    RegionPlan(final EntryFormat format) {
        this.format = format;
    }

    /** Takes a fault of the input. */
    void add(final String file, final LogFault fault) {
        int region = ReplayFault.NO_REGION;
        String rejection = fault.rejection();
        if (rejection == null && format == EntryFormat.PLAIN && HostReport.of(fault) == null) {
            rejection = "the plain entry of 2021 can't carry it: the host's kernel reported no such fault to a region";
        }
        if (rejection == null) {
            region = region(new Device(fault.architecture(), deviceOf(fault)));
            if (region == ReplayFault.NO_REGION) {
                rejection = "a replay has regions for " + MAX_DEVICES + " devices, and this is one more";
            } else {
                playable++;
            }
        }
        faults.add(new ReplayFault(file, fault, region, rejection));
    }

    private int region(final Device device) {
        final Integer known = regions.get(device);
        if (known != null) {
            return known;
        }
        if (devices.size() == MAX_DEVICES) {
            return ReplayFault.NO_REGION;
        }
        regions.put(device, devices.size());
        devices.add(device);
        return devices.size() - 1;
    }

    /** The host's name of the device: its StreamID, or its requester id with the PCI segment above it. */
    private static int deviceOf(final LogFault fault) {
        return switch (fault) {
            case final SmmuLogEvent event -> (int) event.streamId().orElse(0);
            case final SmmuLogPageRequest request -> (int) request.streamId().orElse(0);
            case final VtdLogFault vtd -> vtd.segment().orElse(0) << 16 | vtd.sourceId().orElse(0);
        };
    }

    /** Whether it is to be played before another fault is taken. */
    boolean isFull() {
        return faults.size() >= MAX_FAULTS;
    }

    List<ReplayFault> faults() {
        return faults;
    }

    int regionCount() {
        return devices.size();
    }

    int hostDevice(final int region) {
        return devices.get(region).number();
    }

    MachineKind machine(final int region) {
        return MachineKind.of(devices.get(region).architecture());
    }

    /** What a region is for; the faults of a log are taken as they were reported. */
    DmaFaultDevice device(final int region) {
        final Device device = devices.get(region);
        final String name = device.architecture() == LogFault.Architecture.SMMUV3
                ? "stream 0x%x".formatted(device.number())
                : "device " + FaultFacts.bdf(device.number());
        return new DmaFaultDevice(name, region, device.number(), true);
    }

    /** The faults that have a step, in the order of the steps. */
    int[] stepFaults() {
        final int[] steps = new int[playable];
        int step = 0;
        for (int i = 0; i < faults.size(); i++) {
            if (faults.get(i).region() != ReplayFault.NO_REGION) {
                steps[step++] = i;
            }
        }
        return steps;
    }

    FaultScript script() {
        final FaultScript.Writer writer = FaultScript.writer();
        for (final ReplayFault fault : faults) {
            if (fault.region() != ReplayFault.NO_REGION) {
                fill(writer.add(fault.region()), fault.log(), hostDevice(fault.region()));
            }
        }
        return writer.build();
    }

    /** Both halves of an entry; what the plain half has no words for is left unknown there. */
    private static void fill(final FaultEntry entry, final LogFault fault, final int device) {
        final HostReport report = HostReport.of(fault);
        (report == null ? HostReport.unknown(pasidOf(fault)) : report).fill(entry);
        switch (fault.kind()) {
            case SMMU_EVENT -> entry.smmuEvent(device, fault.words().get(0), fault.words().get(1),
                    fault.words().get(2), fault.words().get(3));
            case SMMU_PAGE_REQUEST -> entry.device(device);
            case VTD_DMA_FAULT, VTD_INTERRUPT_FAULT -> entry.vtdFault(device, fault.words().get(0),
                    fault.words().get(1));
        }
    }

    private static int pasidOf(final LogFault fault) {
        return switch (fault) {
            case final SmmuLogEvent event -> event.substreamId().orElse(FaultSink.NO_PASID);
            case final SmmuLogPageRequest request -> request.substreamId().orElse(FaultSink.NO_PASID);
            case final VtdLogFault vtd -> vtd.pasid().orElse(FaultSink.NO_PASID);
        };
    }
}
