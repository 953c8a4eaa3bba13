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

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

import org.HdrHistogram.Histogram;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bench.SmmuGuest;
import io.viommu.bench.reference.CReference;
import io.viommu.bench.reference.Cpus;
import io.viommu.bench.reference.RoadState;
import io.viommu.bench.reference.RoadState.Field;
import io.viommu.bridge.ReaderSettings;

/** Runs one round at a time: sets the road up, lets the C producer drive the consumer, checks what the guest got. */
final class RoundRunner {

    /** The most faults of a paced round. */
    static final int MAX_PACED = 1 << 16;

    private static final int CHECKED = 8;
    private static final long WORD0 = 0x10 | (long) SmmuGuest.STREAM << Integer.SIZE; // F_TRANSLATION
    private static final long WORD1 = 2L << 40; // CLASS = IN; RnW = 0: a write
    private static final int PAGE_SHIFT = 12;
    private static final long LONGEST_NANOS = 10_000_000_000L;
    private static final int DIGITS = 3;

    private final CReference reference;
    private final int producerCpu;
    private final UnsafeBuffer sent = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_PACED * Long.BYTES));
    private final UnsafeBuffer done = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_PACED * Long.BYTES));
    private final Map<Consumer, Long> delivered = new HashMap<>();

    RoundRunner(final CReference reference, final int producerCpu) {
        this.reference = reference;
        this.producerCpu = producerCpu;
    }

    RoundResult run(final Consumer consumer, final RoundPlan plan) throws InterruptedException {
        final long first = delivered.getOrDefault(consumer, 0L);
        final RoadState road = consumer.road();
        road.set(Field.FAULTS, plan.faults()).set(Field.FIRST, first).set(Field.PACE_NANOS, plan.paceNanos())
                .set(Field.COALESCED, plan.signalling() == Signalling.COALESCED ? 1 : 0)
                .set(Field.BATCH, ReaderSettings.DEFAULT.batch()).set(Field.SENT, sent.addressOffset())
                .set(Field.DONE, done.addressOffset()).set(Field.WAKES, 0).set(Field.IRQS, 0);
        final long cpuBefore = consumer.cpuNanos();
        consumer.start();
        final Thread producer = Thread.ofPlatform().name("c-producer").daemon().start(() -> {
            Cpus.pin(producerCpu);
            reference.produce(road);
        });
        producer.join();
        consumer.await();
        delivered.put(consumer, first + plan.faults());
        check(consumer, first + plan.faults());
        final double faults = plan.faults();
        return new RoundResult((road.get(Field.ENDED) - road.get(Field.BEGUN)) / faults,
                (consumer.cpuNanos() - cpuBefore) / faults,
                road.get(Field.SIGNALS) / faults, road.get(Field.WAKES) / faults, road.get(Field.IRQS) / faults,
                latency(plan));
    }

    /** The addresses tell the order, so the last events tell that none before them is missing. */
    private static void check(final Consumer consumer, final long total) {
        final DirectBuffer queue = consumer.queue();
        for (long number = Math.max(0, total - CHECKED); number < total; number++) {
            final int at = (int) (number % SmmuGuest.ENTRIES) * SmmuGuest.EVENT_LENGTH;
            if (queue.getLong(at) != WORD0 || queue.getLong(at + 8) != WORD1
                    || queue.getLong(at + 16) != number << PAGE_SHIFT || queue.getLong(at + 24) != 0) {
                throw new IllegalStateException(String.format(
                        "%s: event %d in the guest's queue is wrong: %016x %016x %016x %016x", consumer.name(), number,
                        queue.getLong(at), queue.getLong(at + 8), queue.getLong(at + 16), queue.getLong(at + 24)));
            }
        }
    }

    private Histogram latency(final RoundPlan plan) {
        final Histogram histogram = new Histogram(LONGEST_NANOS, DIGITS);
        if (plan.paced()) {
            for (int i = 0; i < plan.faults(); i++) {
                final long nanos = done.getLong(i * Long.BYTES) - sent.getLong(i * Long.BYTES);
                histogram.recordValue(Math.clamp(nanos, 0, LONGEST_NANOS));
            }
        }
        return histogram;
    }
}
