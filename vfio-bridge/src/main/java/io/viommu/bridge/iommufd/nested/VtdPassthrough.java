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
import io.viommu.bridge.iommufd.NestParent;
import io.viommu.bridge.iommufd.RecoverableForm;
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
 * All that the host keeps for one virtual VT-d unit: the second stage, the queue of page requests with its source, and
 * the devices. The kernel has no queue for VT-d's unrecoverable faults; these stay in the host's log, unless a device
 * has a DMA-fault region.
 *
 * <p>Made before the model, since the model needs {@link #host}, and started after it; {@link #close} takes it apart in
 * the order of {@link SmmuPassthrough}. For set-up, hot-plug and teardown, by one thread at a time; requests may flow
 * meanwhile.
 */
public final class VtdPassthrough implements AutoCloseable {

    private final String name;
    private final FaultQueue faults;
    private final FaultQueueSource requests;
    private final IommufdRequesters requesters;
    private final IommufdHost host;
    private final int source;
    private final DeviceSources devices;
    private final Closing closing;
    private FaultRouter router;
    private FaultPort port;

    /**
     * Makes the queue.
     *
     * @param name   for people.
     * @param parent the second stage: the guest's physical memory.
     * @param source number of the source that the routes will know.
     * @throws LinuxException in one sentence.
     */
    public VtdPassthrough(final String name, final NestParent parent, final int source) {
        this.name = name;
        this.devices = new DeviceSources(name);
        this.closing = new Closing("passthrough " + name);
        this.source = source;
        this.faults = parent.iommufd().faultQueue();
        this.requests = new FaultQueueSource(name + " page requests", source, faults.file(),
                RecoverableForm.PAGE_REQUEST);
        this.requesters = new IommufdRequesters(parent, faults);
        this.host = new IommufdHost(requesters);
        host.add(source, requests);
    }

    /**
     * What the model is to be made with.
     *
     * @return answers, requesters and invalidations.
     */
    public HostIommu host() {
        return host;
    }

    /**
     * Lets page requests flow.
     *
     * @param to      reads the queue.
     * @param through its routes.
     * @param unit    the model's pipeline.
     */
    public void start(final FaultReader to, final FaultRouter through, final FaultPort unit) {
        router = through;
        port = unit;
        devices.names().forEach(requester -> route(requester, devices.get(requester)));
        devices.start(to, through, unit);
        to.add(requests);
    }

    /**
     * Adds a device, also while requests flow; its DMA is blocked until the guest installs an entry for it.
     *
     * @param requester what the guest calls it.
     * @param device    the device.
     * @param pasids    whether it can use PASIDs.
     */
    public void add(final int requester, final BoundDevice device, final boolean pasids) {
        requesters.add(requester, device, pasids);
        devices.add(requester, device);
        if (router != null) {
            route(requester, device);
        }
    }

    /**
     * Reads a source that a device has of its own too, such as its DMA-fault region, until the device is removed; the
     * source is closed then.
     *
     * @param requester  what the guest calls the device, which has been added.
     * @param faultsOf   the source.
     * @param number     number of the source, as the routes know it.
     * @param hostDevice what the source calls the device.
     */
    public void add(final int requester, final FaultSource faultsOf, final int number, final int hostDevice) {
        devices.add(requester, faultsOf, number, hostDevice);
    }

    private void route(final int requester, final BoundDevice device) {
        router.add(source, device.id(), new FaultRoute(port, requester));
    }

    /**
     * Takes a device away, also in the middle of a storm: the kernel answers what it waits for, what its own sources
     * hold is read, its interrupts are stopped, and what of it the shared queue still has has no route.
     *
     * @param requester what the guest calls it.
     */
    public void remove(final int requester) {
        final BoundDevice device = devices.get(requester);
        if (device == null) {
            return;
        }
        requesters.remove(requester);
        devices.drain(requester);
        if (router != null) {
            router.remove(source, device.id());
        }
        devices.silence(requester);
    }

    /**
     * Brings all devices to where they are after a reset of the unit: blocked, nothing waiting for an answer. To be
     * called before the model is reset, so that no request of before is injected afterwards.
     */
    public void reset() {
        requesters.blockAll();
        devices.settle(requests);
        requests.answerOpen(PageResponder.INVALID);
    }

    /**
     * The page requests' source, for its figures.
     *
     * @return owned by this.
     */
    public FaultQueueSource requests() {
        return requests;
    }

    /**
     * The queue that page requests of the devices come in by.
     *
     * @return owned by this.
     */
    public FaultQueue queue() {
        return faults;
    }

    /** Not to be called by what the reader's faults go to: an injector's callback only begins it. */
    @Override
    public void close() {
        closing.close(Worker.isCurrent(), this::takeApart);
    }

    private void takeApart() {
        requesters.blockAll();
        if (devices.started()) {
            devices.names().forEach(devices::drain);
            devices.drain(requests);
        }
        requests.answerOpen(PageResponder.INVALID);
        host.remove(source);
        devices.names().forEach(this::remove);
        faults.close();
    }

    @Override
    public String toString() {
        return "VtdPassthrough(" + name + ")";
    }
}
