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

import io.viommu.lifecycle.Worker;

/**
 * Work that the injector may not do itself, because it would wait for those who wait for it: a DMA thread in the middle
 * of a transaction that waits for room in the ring, or a vCPU that waits until faults are injected. It comes up only
 * where a VMM's interrupt sink lets the guest's handler write registers at once, on the injector. A thread of its own
 * does it then, and ends when there is no more.
 */
public final class DeferredWork {

    private static final System.Logger LOG = System.getLogger(DeferredWork.class.getName());

    private final String name;
    private final Runnable work;
    private boolean wanted;
    private boolean running;

    /**
     * Makes it, without a thread.
     *
     * @param name of the thread, once there is one.
     * @param work looks for what there is to do, and does it; called by one thread at a time.
     */
    public DeferredWork(final String name, final Runnable work) {
        this.name = name;
        this.work = work;
    }

    /**
     * Has the work done soon, at least once from now on. By any thread; doesn't wait. If no thread is to be had, the
     * next call tries again.
     */
    public synchronized void ask() {
        wanted = true;
        if (!running) {
            try {
                new Worker(name, this::run).start();
                running = true;
            } catch (final OutOfMemoryError noThread) {
                Worker.log(LOG, "No thread is to be had for " + name, noThread);
            }
        }
    }

    /** What the work throws, by the VMM's memory or sink, ends one round of it and not the thread. */
    private void run() {
        while (more()) {
            try {
                work.run();
            } catch (final Throwable thrown) {
                Worker.log(LOG, name + " failed", thrown);
            }
        }
    }

    private synchronized boolean more() {
        running = wanted;
        wanted = false;
        return running;
    }
}
