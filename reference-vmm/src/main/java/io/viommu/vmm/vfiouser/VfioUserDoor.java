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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.viommu.bridge.vfiouser.VfioUserServer;
import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.iommu.IommuModels;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;
import io.viommu.vmm.control.ControlCommands;
import io.viommu.vmm.control.ControlSocket;
import io.viommu.vmm.control.ControlTarget;
import io.viommu.vmm.control.FaultInjector;
import io.viommu.vmm.control.LogFaults;
import io.viommu.vmm.control.StrayPort;
import io.viommu.vmm.machine.FaultDraft;

/** The door, open: servers for the model and its endpoints, the control socket, and the sources named beforehand. */
public final class VfioUserDoor implements ControlTarget, AutoCloseable {

    private static final long LOOK_MILLIS = 100;
    /** A driver switches its queue on and is done with its probe a little later. */
    private static final long SETTLE_MILLIS = 1000;

    private final VfioUserOptions options;
    private final Consumer<String> news;
    private final IommuFunction function;
    private final VfioUserServer server;
    private final DoorIommu iommu;
    private final TracedIommu traced;
    private final Map<VfioUserEndpoint.Kind, EndpointFunction> endpoints = new EnumMap<>(VfioUserEndpoint.Kind.class);
    private final List<VfioUserServer> endpointServers = new ArrayList<>();
    private final ControlCommands commands = new ControlCommands(this);
    private final ControlSocket control;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Closing lifecycle = new Closing("vfio-user door");

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
        this(options, counters, null, news);
    }

    /**
     * Makes everything, with a log of the faults that differ, and begins to serve.
     *
     * @param options  what is asked for.
     * @param counters where it counts.
     * @param faults   counts each fault that is injected, or null; whoever made it closes it, after this.
     * @param news     takes a sentence for whatever happens to the sources; any thread.
     * @throws IllegalArgumentException in one sentence, if the model or a property is not to be had.
     * @throws RuntimeException         in one sentence, if a socket can't be made.
     */
    public VfioUserDoor(final VfioUserOptions options, final CounterFile counters, final DistinctFaultLog faults,
            final Consumer<String> news) {
        this.options = options;
        this.news = news;
        function = new IommuFunction(!options.visible());
        IommuModels.find(options.model());
        server = new VfioUserServer(options.socket(), function, options.memory());
        DoorIommu made = null;
        ControlSocket heard = null;
        try {
            made = new DoorIommu(options.model(), options.properties(), server, counters, faults);
            traced = options.trace() == null
                    ? null
                    : new TracedIommu(made.model(), made.smmu(), server.memory(), options.trace(), news);
            function.model(traced == null ? made.model() : traced);
            for (final VfioUserEndpoint endpoint : options.endpoints()) {
                add(endpoint, made);
            }
            iommu = made;
            heard = options.control() == null ? null : new ControlSocket(options.control(), commands);
            control = heard;
        } catch (final RuntimeException refused) {
            closeAll(heard, made);
            throw refused;
        }
        server.start();
        endpointServers.forEach(VfioUserServer::start);
        if (!options.faults().isEmpty()) {
            Thread.ofPlatform().name("vfio-user-faults").daemon().start(this::play);
        }
    }

    private void add(final VfioUserEndpoint endpoint, final DoorIommu model) {
        final EndpointFunction device = new EndpointFunction(endpoint);
        final VfioUserServer itsServer = new VfioUserServer(endpoint.socket(), device, options.memory());
        endpointServers.add(itsServer);
        device.connect(itsServer, model.openMemory(itsServer));
        endpoints.put(endpoint.kind(), device);
    }

    @Override
    public FaultInjector faults() {
        return iommu.faults();
    }

    @Override
    public void spoil() {
        if (!iommu.smmu()) {
            throw new IllegalArgumentException("spoil: only an SMMU has a command queue");
        }
        iommu.spoil(function, server.memory());
    }

    @Override
    public StrayPort entropy(final String command) {
        return endpoint(VfioUserEndpoint.Kind.VIRTIO_RNG, command).port();
    }

    @Override
    public StrayPort console(final String command) {
        return endpoint(VfioUserEndpoint.Kind.VIRTIO_CONSOLE, command).port();
    }

    /** An endpoint; a sentence if there is none for a command. */
    private EndpointFunction endpoint(final VfioUserEndpoint.Kind kind, final String command) {
        final EndpointFunction found = endpoints.get(kind);
        if (found == null) {
            throw new IllegalArgumentException(
                    command + ": there is no " + kind.option() + " endpoint; --endpoint makes one");
        }
        return found;
    }

    @Override
    public Map<Integer, Integer> devices() {
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
            while (!faults().ready()) {
                if (closing.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
            if (closing.await(SETTLE_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
            news.accept(faults.size() + " faults injected: " + faults().inject(faults, 1, options.pace()));
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
        lifecycle.close(Worker.isCurrent(), () -> Closing.all(() -> closeAll(control, iommu), () -> {
            if (traced != null) {
                traced.close();
            }
        }));
    }

    private void closeAll(final ControlSocket heard, final DoorIommu model) {
        Closing.all(() -> {
            if (heard != null) {
                heard.close();
            }
        }, () -> endpointServers.forEach(VfioUserServer::close), () -> {
            if (model != null) {
                model.close();
            }
        }, server::close);
    }
}
