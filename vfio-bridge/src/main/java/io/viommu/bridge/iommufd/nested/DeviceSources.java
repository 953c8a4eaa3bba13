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
package io.viommu.bridge.iommufd.nested;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSource;

/**
 * The devices of a vIOMMU, by the guest's names, with the sources that a device has of its own beside the queues that
 * all share: its DMA-fault region. They come and go while faults flow, and go in steps, between which the caller does
 * its own: first what they hold is read, last their interrupts are stopped and they are closed.
 */
final class DeviceSources {

    private static final System.Logger LOG = System.getLogger(DeviceSources.class.getName());

    /** A source and its device's name in it. */
    private record Own(FaultSource source, int number, int hostDevice) {
    }

    /** A device. */
    private record Entry(BoundDevice device, List<Own> sources) {
    }

    private final String name;
    private final Map<Integer, Entry> devices = new ConcurrentHashMap<>();
    private FaultReader reader;
    private FaultRouter router;
    private FaultPort port;

    DeviceSources(final String name) {
        this.name = name;
    }

    void add(final int guestDevice, final BoundDevice device) {
        devices.put(guestDevice, new Entry(device, new ArrayList<>()));
    }

    BoundDevice get(final int guestDevice) {
        final Entry entry = devices.get(guestDevice);
        return entry == null ? null : entry.device;
    }

    List<Integer> names() {
        return List.copyOf(devices.keySet());
    }

    void add(final int guestDevice, final FaultSource source, final int number, final int hostDevice) {
        final Entry entry = devices.get(guestDevice);
        if (entry == null) {
            throw new IllegalArgumentException(
                    "No device of " + name + " is called 0x" + Integer.toHexString(guestDevice) + " by the guest.");
        }
        final Own own = new Own(source, number, hostDevice);
        entry.sources.add(own);
        if (reader != null) {
            read(guestDevice, own);
        }
    }

    void start(final FaultReader to, final FaultRouter through, final FaultPort viommu) {
        reader = to;
        router = through;
        port = viommu;
        devices.forEach((guestDevice, entry) -> entry.sources.forEach(own -> read(guestDevice, own)));
    }

    boolean started() {
        return reader != null;
    }

    private void read(final int guestDevice, final Own own) {
        router.add(own.number, own.hostDevice, new FaultRoute(port, guestDevice));
        reader.add(own.source);
    }

    /** What is there of a device is read; its sources are read no more. */
    void drain(final int guestDevice) {
        final Entry entry = devices.get(guestDevice);
        if (reader == null || entry == null) {
            return;
        }
        entry.sources.forEach(own -> {
            drain(own.source);
            router.remove(own.number, own.hostDevice);
        });
    }

    /** What is there of a source is read; it is read no more. An interrupt is kept, and cuts nothing short. */
    void drain(final FaultSource source) {
        boolean interrupted = false;
        boolean done = false;
        while (!done) {
            try {
                reader.remove(source);
                done = true;
            } catch (final InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is there of a source has been read, and injected, when this returns; it goes on being read. */
    void settle(final FaultSource source) {
        if (reader != null) {
            drain(source);
            reader.add(source);
        }
    }

    /** A device signals nobody any more, and what it had of its own is closed. */
    void silence(final int guestDevice) {
        final Entry entry = devices.remove(guestDevice);
        if (entry == null) {
            return;
        }
        entry.sources.forEach(own -> own.source.close());
        try {
            entry.device.silence();
        } catch (final LinuxException gone) {
            LOG.log(System.Logger.Level.WARNING, "Interrupts are not stopped: " + gone.getMessage());
        }
    }
}
