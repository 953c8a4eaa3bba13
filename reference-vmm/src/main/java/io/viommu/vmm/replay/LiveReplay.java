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

import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultScript;
import io.viommu.bridge.dmafault.ProducerProcess;
import io.viommu.bridge.dmafault.ProducerSettings;
import io.viommu.bridge.log.LogFault;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.pipeline.FaultIngress;

/**
 * Replays logs of physical faults into a guest that runs: another process writes them into mapped DMA-fault regions and
 * signals an eventfd for each, a reader takes them to the pipeline of the guest's vIOMMU. A thread of its own waits for
 * the guest's driver first. Closed before the pipeline.
 */
public final class LiveReplay implements AutoCloseable {

    /** Linux prints ten messages of its IOMMU's faults in five seconds, and some faults take two. */
    private static final long FAULTS_PER_SECOND = 1;
    private static final Duration PATIENCE = Duration.ofHours(1);
    private static final long NAP_MILLIS = 20;

    private final RegionPlan plan = new RegionPlan(EntryFormat.EXTENDED);
    private final List<DmaFaultRegion> regions = new ArrayList<>();
    private final FaultReader reader;
    private final Consumer<String> news;
    private final BooleanSupplier ready;
    private final FaultPort port;
    private final Thread thread = Thread.ofPlatform().name("replay").unstarted(this::play);
    private volatile boolean closing;

    /**
     * Where the faults go.
     *
     * @param port     the pipeline of the guest's vIOMMU.
     * @param smmu     whether that is an SMMU; else a VT-d unit.
     * @param ready    whether the guest's driver takes faults yet; asked by any thread.
     * @param counters where the replay counts.
     */
    public record Target(FaultPort port, boolean smmu, BooleanSupplier ready, CounterFile counters) {
    }

    /**
     * Reads the logs; nothing moves before {@link #start}.
     *
     * @param files  kernel logs or fault journals.
     * @param target the guest: its pipeline, its kind of vIOMMU, whether its driver takes faults yet, the counters.
     * @param news   takes a sentence about what becomes of the replay; from any thread.
     * @throws IllegalArgumentException in one sentence, if a file is of no use.
     */
    public LiveReplay(final List<String> files, final Target target, final Consumer<String> news) {
        this.news = news;
        this.ready = target.ready();
        this.port = target.port();
        final LogReader logs = new LogReader(InputStream.nullInputStream(), complaint -> {
            throw new IllegalArgumentException("--faults must be logs or journals of faults: " + complaint);
        });
        final LogFault.Architecture wanted = target.smmu() ? LogFault.Architecture.SMMUV3 : LogFault.Architecture.VTD;
        files.forEach(file -> logs.read(file, (name, fault) -> add(name, fault, wanted)));
        if (plan.regionCount() == 0) {
            throw new IllegalArgumentException("--faults must be logs with faults of this guest's vIOMMU; "
                    + String.join(", ", files) + " have none");
        }
        final FaultRouter router = new FaultRouter();
        reader = new FaultReader("replay",
                new FaultIngress("replay", router, target.counters(), FaultObserver.NONE), ReaderSettings.DEFAULT,
                broken -> news.accept("a region of the replay broke"));
        for (int region = 0; region < plan.regionCount(); region++) {
            final int device = plan.hostDevice(region);
            router.add(region, device, new FaultRoute(port, target.smmu() ? device : device & 0xFFFF));
            final DmaFaultRegion made = DmaFaultRegion.create(plan.device(region), EntryFormat.EXTENDED);
            regions.add(made);
            reader.add(made);
        }
    }

    private void add(final String name, final LogFault fault, final LogFault.Architecture wanted) {
        if (fault.architecture() != wanted) {
            news.accept(name + ":" + fault.line() + ": not replayed: it is of the other architecture");
        } else if (fault.rejection() != null) {
            news.accept(name + ":" + fault.line() + ": not replayed: " + fault.rejection());
        } else {
            plan.add(name, fault);
        }
    }

    /** Begins. */
    public void start() {
        reader.start();
        thread.start();
    }

    private void play() {
        try (FaultScript script = plan.script()) {
            while (!ready.getAsBoolean()) {
                if (closing) {
                    return;
                }
                Thread.sleep(NAP_MILLIS);
            }
            try (ProducerProcess producer = ProducerProcess.launch(regions, script,
                    ProducerSettings.paced().rate(FAULTS_PER_SECOND))) {
                producer.start();
                final boolean ended = producer.awaitEnd(PATIENCE);
                port.awaitInjected();
                news.accept(producer.isFinished()
                        ? "replayed " + producer.produced() + " faults"
                        : "the replay ended early: " + (ended ? producer.failure() : "it took too long"));
            }
        } catch (final InterruptedException closed) {
            // that is how it is ended
        } catch (final RuntimeException refused) {
            news.accept("the faults can't be replayed: " + refused.getMessage());
        }
    }

    /** Ends the replay and its process. */
    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (final InterruptedException later) {
                interrupted = true;
            }
        }
        reader.close();
        regions.forEach(DmaFaultRegion::close);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
