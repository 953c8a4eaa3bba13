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

package io.viommu.bench.road;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bench.SmmuGuest;
import io.viommu.bench.reference.Cpus;
import io.viommu.bench.reference.RoadState;
import io.viommu.bench.reference.RoadState.Field;
import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/** Our road, put together as a VMM would, with an eventfd where KVM's irqfd would be. */
final class ViommuConsumer implements Consumer, SmmuGuest.Irq {

    private final String name;
    private final SmmuGuest guest = new SmmuGuest(this);
    private final RoadMemory memory = new RoadMemory("viommu", guest.queue().addressOffset());
    private final FaultPipeline pipeline;
    private final FaultReader reader;
    private final long[] threads;
    private final Semaphore ended = new Semaphore(0);
    private UnsafeBuffer done;
    private long roundBegan;
    private volatile long target;
    private long wakesBefore;
    private long interruptsBefore;

    ViommuConsumer(final InjectorMode mode, final int... cpus) {
        name = "viommu, " + mode.name().toLowerCase().replace('_', ' ');
        final CounterFile counters = CounterFile.inMemory();
        final int[] before = Cpus.allowed();
        Cpus.pin(cpus); // the threads made here follow
        try {
            pipeline = new FaultPipeline(PipelineSettings.named("bench").mode(mode), guest.iommu(),
                    new FaultAccount(counters, "bench"), FaultObserver.NONE);
            final FaultRouter router = new FaultRouter();
            router.add(RoadMemory.SOURCE, RoadMemory.HOST_DEVICE, new FaultRoute(pipeline, SmmuGuest.STREAM));
            final FaultIngress ingress = new FaultIngress("bench", router, counters, FaultObserver.NONE);
            reader = new FaultReader("bench", ingress, ReaderSettings.DEFAULT, source -> {
                throw new IllegalStateException(source + " ended");
            });
            reader.start();
        } finally {
            Cpus.pin(before);
        }
        reader.add(memory.region());
        threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("fault-reader-bench")
                        || thread.getName().equals("injector-bench"))
                .mapToLong(Thread::threadId).toArray();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public RoadState road() {
        return memory.state();
    }

    @Override
    public DirectBuffer queue() {
        return guest.queue();
    }

    @Override
    public void start() {
        wakesBefore = reader.wakeUps();
        interruptsBefore = guest.interrupts();
        roundBegan = target;
        done = road().get(Field.PACE_NANOS) == 0
                ? null
                : new UnsafeBuffer(road().get(Field.DONE), (int) road().get(Field.FAULTS) * Long.BYTES);
        target = roundBegan + road().get(Field.FAULTS);
    }

    @Override
    public void raise() {
        memory.irq().signal(1);
    }

    @Override
    public void served(final long from, final long to) {
        final boolean last = to == target;
        if (done != null) {
            final long time = System.nanoTime();
            for (long i = from; i < to; i++) {
                done.putLong((int) (i - roundBegan) * Long.BYTES, time);
            }
        }
        if (last) {
            road().set(Field.ENDED, System.nanoTime());
            ended.release();
        }
    }

    @Override
    public void await() throws InterruptedException {
        ended.acquire();
        road().set(Field.WAKES, reader.wakeUps() - wakesBefore);
        road().set(Field.IRQS, guest.interrupts() - interruptsBefore);
    }

    @Override
    public long cpuNanos() {
        return Arrays.stream(threads).map(ManagementFactory.getThreadMXBean()::getThreadCpuTime).sum();
    }

    @Override
    public void close() {
        reader.close();
        pipeline.close();
        memory.close();
    }
}
