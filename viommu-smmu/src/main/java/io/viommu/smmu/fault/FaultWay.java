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

package io.viommu.smmu.fault;

import java.util.concurrent.atomic.AtomicBoolean;

import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;

/**
 * The device's side of its own pipeline, which may not be there: then faults are injected by whoever calls. It also
 * knows who injects just now, since the injector must never wait for those that wait for it.
 */
public final class FaultWay {

    private static final long NOBODY = 0;

    private final FaultRecord wakeUp = new FaultRecord();
    private final AtomicBoolean waking = new AtomicBoolean();
    private volatile FaultPort port;
    /**
     * The id of the thread that injects just now; written and compared by that thread itself, so a stale value is never
     * its own. It is a number, since to store a reference for each fault costs a GC write barrier.
     */
    private long injector;

    /** Makes a way that leads nowhere. */
    public FaultWay() {
    }

    /**
     * Gives it the pipeline.
     *
     * @param newPort the pipeline that injects into this device.
     */
    public void connect(final FaultPort newPort) {
        port = newPort;
    }

    /** The calling thread injects from now on. */
    public void enter() {
        injector = Thread.currentThread().threadId();
    }

    /** The calling thread has injected. */
    public void leave() {
        injector = NOBODY;
    }

    /**
     * Whether the calling thread injects just now: it runs a guest's handler, and may not wait.
     *
     * @return true between {@link #enter} and {@link #leave}.
     */
    public boolean injecting() {
        return injector == Thread.currentThread().threadId();
    }

    /** Waits for every fault that is on its way: its record and its interrupt are written, or it is dropped. */
    public void drain() {
        final FaultPort way = port;
        if (way != null) {
            way.awaitInjected();
        }
    }

    /**
     * Makes the injector end a batch, by an empty record that carries no fault. One that another thread is about to
     * publish serves as well, so nobody waits for another's. Not for the injector itself, which would wait for room
     * that only it can make.
     *
     * @return false if there is no injector.
     */
    public boolean wake() {
        final FaultPort way = port;
        if (way == null) {
            return false;
        }
        if (waking.compareAndSet(false, true)) {
            publish(way);
        }
        way.flush();
        return true;
    }

    /** What others do before the mark falls, the injector sees when it comes to the record. */
    private void publish(final FaultPort way) {
        final long claim;
        try {
            claim = way.claim(wakeUp);
        } finally {
            waking.set(false);
        }
        if (claim >= 0) {
            way.publish(claim);
        }
    }
}
