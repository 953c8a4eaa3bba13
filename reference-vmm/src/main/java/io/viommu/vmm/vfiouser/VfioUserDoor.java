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

package io.viommu.vmm.vfiouser;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.viommu.bridge.vfiouser.VfioUserServer;
import io.viommu.counters.CounterFile;
import io.viommu.iommu.IommuModels;
import io.viommu.vmm.machine.FaultDraft;

/** The door, open: servers for the model and its endpoint, the control socket, and the sources named beforehand. */
public final class VfioUserDoor implements AutoCloseable {

    private static final long LOOK_MILLIS = 100;
    /** A driver switches its queue on and is done with its probe a little later. */
    private static final long SETTLE_MILLIS = 1000;

    private final VfioUserOptions options;
    private final Consumer<String> news;
    private final IommuFunction function;
    private final VfioUserServer server;
    private final DoorIommu iommu;
    private final RngFunction endpoint;
    private final VfioUserServer endpointServer;
    private final ControlCommands commands = new ControlCommands(this);
    private final ControlSocket control;
    private final CountDownLatch closing = new CountDownLatch(1);

    /**
     * Makes everything and begins to serve.
     *
     * @param options  what is asked for.
     * @param counters where it counts.
     * @param news     takes a sentence for whatever happens to the sources; any thread.
     * @throws IllegalArgumentException in one sentence, if the model or a property is not to be had.
     * @throws RuntimeException         in one sentence, if a socket can't be made.
     */
    public VfioUserDoor(final VfioUserOptions options, final CounterFile counters, final Consumer<String> news) {
        this.options = options;
        this.news = news;
        function = new IommuFunction(!options.visible());
        IommuModels.find(options.model());
        server = new VfioUserServer(options.socket(), function, options.memory());
        DoorIommu made = null;
        VfioUserServer second = null;
        ControlSocket third = null;
        try {
            made = new DoorIommu(options.model(), options.properties(), server, counters);
            function.model(made.model());
            endpoint = options.endpoint() == null ? null : new RngFunction(options.requester());
            if (endpoint != null) {
                second = new VfioUserServer(options.endpoint(), endpoint, options.memory());
                endpoint.connect(second, made.openSession());
            }
            iommu = made;
            endpointServer = second;
            third = options.control() == null ? null : new ControlSocket(options.control(), commands);
            control = third;
        } catch (final RuntimeException refused) {
            closeAll(third, second, server, made);
            throw refused;
        }
        server.start();
        if (endpointServer != null) {
            endpointServer.start();
        }
        if (!options.faults().isEmpty()) {
            Thread.ofPlatform().name("vfio-user-faults").daemon().start(this::play);
        }
    }

    DoorIommu iommu() {
        return iommu;
    }

    /** Has the guest's next command be one that the model must refuse. */
    String spoil() {
        if (!iommu.smmu()) {
            throw new IllegalArgumentException("spoil: only an SMMU has a command queue");
        }
        iommu.spoil(function, server.memory());
        return "";
    }

    RngFunction endpoint() {
        return endpoint;
    }

    Map<Integer, Integer> devices() {
        return options.devices();
    }

    /**
     * Carries out a line as the control socket does; the class ControlCommands lists the commands. Any thread.
     *
     * @param line the command.
     * @return the answer, which begins with OK or ERR.
     */
    public String control(final String line) {
        return commands.run(line);
    }

    /** Waits for the guest's driver and injects what was named beforehand. */
    private void play() {
        final List<FaultDraft> faults = new ArrayList<>();
        options.faults().forEach(
                file -> faults.addAll(LogFaults.read(file, iommu.smmu(), options.devices(), news)));
        try {
            while (!iommu.ready()) {
                if (closing.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
            if (closing.await(SETTLE_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
            news.accept(faults.size() + " faults injected: " + iommu.inject(faults, 1, options.pace()));
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Serves until {@link #close}.
     *
     * @throws InterruptedException if the waiting thread is interrupted.
     */
    public void await() throws InterruptedException {
        closing.await();
    }

    @Override
    public void close() {
        closing.countDown();
        closeAll(control, endpointServer, server, iommu);
    }

    private static void closeAll(final ControlSocket control, final VfioUserServer endpoint,
            final VfioUserServer server, final DoorIommu iommu) {
        if (control != null) {
            control.close();
        }
        if (endpoint != null) {
            endpoint.close();
        }
        if (iommu != null) {
            iommu.close();
        }
        server.close();
    }
}
