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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bench.SmmuGuest;
import io.viommu.bench.reference.CReference;
import io.viommu.bench.reference.Cpus;
import io.viommu.bench.reference.RoadState;
import io.viommu.bench.reference.RoadState.Field;

/** The classic design in C. */
final class ClassicConsumer implements Consumer {

    /** Its three forms. */
    enum Form {
        /** An interrupt for each batch, as our road has it. */
        IRQ_PER_BATCH("C"),
        /** An interrupt for each fault. */
        IRQ_PER_FAULT("C, irq per fault"),
        /** With a second thread between ring and guest, as the Disruptor stage has it. */
        TWO_THREADS("C, two threads");

        private final String text;

        Form(final String text) {
            this.text = text;
        }
    }

    private final Form form;
    private final CReference reference;
    private final int[] cpus;
    private final DirectBuffer queue = new UnsafeBuffer(
            BufferUtil.allocateDirectAligned(SmmuGuest.ENTRIES * SmmuGuest.EVENT_LENGTH, 4096));
    private final RoadMemory memory;
    private final MemorySegment hop;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong cpuNanos = new AtomicLong();

    ClassicConsumer(final Form form, final CReference reference, final int... cpus) {
        this.form = form;
        this.reference = reference;
        this.cpus = cpus;
        this.memory = new RoadMemory("c", queue.addressOffset());
        this.hop = reference.newHop(Arena.ofAuto());
        memory.state().set(Field.IRQ_PER_FAULT, form == Form.IRQ_PER_FAULT ? 1 : 0);
    }

    @Override
    public String name() {
        return form.text;
    }

    @Override
    public RoadState road() {
        return memory.state();
    }

    @Override
    public DirectBuffer queue() {
        return queue;
    }

    @Override
    public void start() {
        if (form == Form.TWO_THREADS) {
            run(() -> reference.injectPassed(road(), hop));
            run(() -> reference.consumeAndPass(road(), hop));
        } else {
            run(() -> reference.consume(road()));
        }
    }

    private void run(final Runnable half) {
        threads.add(Thread.ofPlatform().name("c-consumer").daemon().start(() -> {
            Cpus.pin(cpus);
            half.run();
            cpuNanos.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
        }));
    }

    @Override
    public void await() throws InterruptedException {
        for (final Thread thread : threads) {
            thread.join();
        }
        threads.clear();
    }

    @Override
    public long cpuNanos() {
        return cpuNanos.get();
    }

    @Override
    public void close() {
        memory.close();
    }
}
