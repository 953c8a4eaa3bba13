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
package io.viommu.pipeline;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.DataProvider;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;

import io.viommu.fault.FaultRecord;

/**
 * What the injector thread does: takes all that is published as one batch, until it is halted. An interrupt, which a
 * callback may leave behind, is no reason to end, nor to pass over a slot.
 */
final class InjectorLoop implements Runnable {

    private final Injector injector;
    private final SequenceBarrier published;
    private final DataProvider<FaultRecord> slots;
    private final int maxBatch;
    private final Sequence injected = new Sequence();
    private volatile boolean halted;

    InjectorLoop(final Injector injector, final SequenceBarrier published, final DataProvider<FaultRecord> slots,
            final int maxBatch) {
        this.injector = injector;
        this.published = published;
        this.slots = slots;
        this.maxBatch = maxBatch;
    }

    /** How far the ring has been taken. */
    Sequence injected() {
        return injected;
    }

    @Override
    public void run() {
        long next = injected.get() + 1;
        while (!halted) {
            final long last = Math.min(await(next), next + maxBatch - 1);
            if (next > last) {
                continue;
            }
            while (next <= last) {
                injector.take(slots.get(next), next == last);
                next++;
            }
            injected.set(last);
        }
    }

    private long await(final long next) {
        try {
            return published.waitFor(next);
        } catch (final AlertException | InterruptedException | TimeoutException lookAgain) {
            return next - 1;
        }
    }

    /** Lets {@link #run} end after the batch at hand. */
    void halt() {
        halted = true;
        published.alert();
    }
}
