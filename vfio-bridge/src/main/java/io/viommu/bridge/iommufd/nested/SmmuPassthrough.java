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

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.iommufd.FaultQueue;
import io.viommu.bridge.iommufd.FaultQueueSource;
import io.viommu.bridge.iommufd.HardwareInfo;
import io.viommu.bridge.iommufd.NestParent;
import io.viommu.bridge.iommufd.RecoverableForm;
import io.viommu.bridge.iommufd.VeventQueue;
import io.viommu.bridge.iommufd.VeventQueueSource;
import io.viommu.bridge.iommufd.Viommu;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSource;
import io.viommu.fault.PageResponder;
import io.viommu.iommu.HostIommu;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;

/**
 * All that the host keeps for one virtual SMMUv3: its share of the hardware, the fault queue and the event queue, their
 * sources, and the devices. It is made before the model, since the model needs {@link #host}, and started after it.
 *
 * <p>{@link #close} takes it apart in the order that loses nothing: devices are cut off, so that no fault follows; what
 * is there is read and injected; what the guest has not answered is answered; the devices' interrupts are stopped; then
 * queues and tables go.
 *
 * <p>For set-up, hot-plug and teardown, by one thread at a time; faults may flow meanwhile.
 */
public final class SmmuPassthrough implements AutoCloseable {

    private final String name;
    private final Viommu viommu;
    private final FaultQueue faults;
    private final VeventQueue events;
    private final FaultQueueSource stalls;
    private final VeventQueueSource unrecoverable;
    private final IommufdStreams streams;
    private final IommufdHost host;
    private final int stallNumber;
    private final int eventNumber;
    private final DeviceSources devices;
    private final Closing closing;
    private FaultRouter router;
    private FaultPort port;

    /**
     * Makes the hardware's share.
     *
     * @param name   for people.
     * @param parent the second stage: the guest's physical memory.
     * @param device iommufd id of a device behind the SMMU that is to serve.
     * @param depth  events that the kernel keeps, 1 to 524288; 0 for a kernel before 6.15, without events.
     * @param source number of the first of two sources that the routes will know.
     * @throws LinuxException in one sentence; nothing is left then.
     */
    public SmmuPassthrough(final String name, final NestParent parent, final int device, final int depth,
            final int source) {
        this.name = name;
        this.devices = new DeviceSources(name);
        this.closing = new Closing("passthrough " + name);
        this.stallNumber = source;
        this.eventNumber = source + 1;
        final HardwareInfo hardware = parent.iommufd().hardwareInfo(device);
        this.viommu = parent.smmu(device);
        FaultQueue queue = null;
        try {
            queue = parent.iommufd().faultQueue();
            this.events = depth == 0 ? null : viommu.eventQueue(depth);
        } catch (final LinuxException refused) {
            viommu.close();
            if (queue != null) {
                queue.close();
            }
            throw refused;
        }
        this.faults = queue;
        this.stalls = new FaultQueueSource(name + " stalls", stallNumber, faults.file(), RecoverableForm.STALL);
        this.unrecoverable = events == null
                ? null
                : new VeventQueueSource(name + " events", eventNumber, events.file());
        this.streams = new IommufdStreams(viommu, faults, hardware);
        this.host = new IommufdHost(streams);
        host.add(stallNumber, stalls);
    }

    /**
     * What the model is to be made with.
     *
     * @return answers, streams and invalidations.
     */
    public HostIommu host() {
        return host;
    }

    /**
     * Lets faults flow.
     *
     * @param to       reads the queues.
     * @param through  its routes.
     * @param viommuIn the model's pipeline.
     */
    public void start(final FaultReader to, final FaultRouter through, final FaultPort viommuIn) {
        router = through;
        port = viommuIn;
        router.add(eventNumber, VeventQueueSource.WHOLE_QUEUE, new FaultRoute(port, 0));
        devices.names().forEach(streamId -> route(streamId, devices.get(streamId)));
        devices.start(to, through, viommuIn);
        to.add(stalls);
        if (unrecoverable != null) {
            to.add(unrecoverable);
        }
    }

    /**
     * Adds a device, also while faults flow; its transactions abort until the guest installs an entry for it.
     *
     * @param streamId what the guest calls it.
     * @param device   the device.
     * @throws LinuxException in one sentence; nothing is left then.
     */
    public void add(final int streamId, final BoundDevice device) {
        streams.add(streamId, device);
        devices.add(streamId, device);
        if (router != null) {
            route(streamId, device);
        }
    }

    /**
     * Reads a source that a device has of its own too, such as its DMA-fault region, until the device is removed; the
     * source is closed then.
     *
     * @param streamId   what the guest calls the device, which has been added.
     * @param source     the source.
     * @param number     number of the source, as the routes know it.
     * @param hostDevice what the source calls the device.
     */
    public void add(final int streamId, final FaultSource source, final int number, final int hostDevice) {
        devices.add(streamId, source, number, hostDevice);
    }

    private void route(final int streamId, final BoundDevice device) {
        final FaultRoute route = new FaultRoute(port, streamId);
        router.add(stallNumber, device.id(), route);
        router.add(eventNumber, streamId, route);
    }

    /**
     * Takes a device away, also in the middle of a storm: it is cut off, the kernel answers what it waits for, what its
     * own sources hold is read, its interrupts are stopped, and what of it the shared queues still have has no route.
     *
     * @param streamId what the guest calls it.
     */
    public void remove(final int streamId) {
        final BoundDevice device = devices.get(streamId);
        if (device == null) {
            return;
        }
        streams.remove(streamId);
        devices.drain(streamId);
        if (router != null) {
            router.remove(stallNumber, device.id());
            router.remove(eventNumber, streamId);
        }
        devices.silence(streamId);
    }

    /**
     * Brings all devices to where they are after a reset of the vIOMMU: cut off, nothing waiting for an answer. To be
     * called before the model is reset, so that no fault of before is injected afterwards.
     */
    public void reset() {
        devices.names().forEach(streamId -> streams.install(streamId, 0, 0));
        devices.settle(stalls);
        if (unrecoverable != null) {
            devices.settle(unrecoverable);
        }
        stalls.answerOpen(PageResponder.INVALID);
    }

    /**
     * The stalls' source, for its figures.
     *
     * @return owned by this.
     */
    public FaultQueueSource stalls() {
        return stalls;
    }

    /**
     * The events' source, for its figures.
     *
     * @return owned by this; null without events.
     */
    public VeventQueueSource events() {
        return unrecoverable;
    }

    /** Not to be called by what the reader's faults go to: an injector's callback only begins it. */
    @Override
    public void close() {
        closing.close(Worker.isCurrent(), this::takeApart);
    }

    private void takeApart() {
        devices.names().forEach(streamId -> streams.install(streamId, 0, 0));
        if (devices.started()) {
            devices.names().forEach(devices::drain);
            devices.drain(stalls);
            if (unrecoverable != null) {
                devices.drain(unrecoverable);
            }
            router.remove(eventNumber, VeventQueueSource.WHOLE_QUEUE);
        }
        stalls.answerOpen(PageResponder.INVALID);
        host.remove(stallNumber);
        devices.names().forEach(this::remove);
        try {
            viommu.close();
        } finally {
            faults.close();
        }
    }

    @Override
    public String toString() {
        return "SmmuPassthrough(" + name + ")";
    }
}
