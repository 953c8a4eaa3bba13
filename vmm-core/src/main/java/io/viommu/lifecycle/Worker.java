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
package io.viommu.lifecycle;

/**
 * A thread of ours that calls the code of others: observers, sinks, sources, guest memory. A {@code close} made from
 * such a callback doesn't wait for threads, since one of them may be waiting for this one.
 *
 * <p>What is thrown out of its work ends it, is logged, and is kept for those who wait for it: see {@link #failure}.
 */
public class Worker extends Thread {

    private static final System.Logger LOG = System.getLogger(Worker.class.getName());

    private final Runnable work;
    private volatile Throwable failure;

    /**
     * Makes a daemon thread, not started.
     *
     * @param name of the thread.
     * @param work what it does.
     */
    @SuppressWarnings("this-escape") // into setDaemon, which is final
    public Worker(final String name, final Runnable work) {
        super(null, null, name, 0, false);
        this.work = work;
        setDaemon(true);
    }

    @Override
    public final void run() {
        try {
            work.run();
        } catch (final Throwable thrown) {
            failure = thrown;
            log(LOG, "The thread " + getName() + " has ended by a failure", thrown);
        }
    }

    /**
     * What ended the thread.
     *
     * @return the cause, or null while it runs and after an orderly end.
     */
    public final Throwable failure() {
        return failure;
    }

    /**
     * Whether the calling thread is one of ours, so that the caller is a callback.
     *
     * @return true on a worker.
     */
    public static boolean isCurrent() {
        return currentThread() instanceof Worker;
    }

    /**
     * Logs a failure, and never throws: a logger is a callback too, and memory may be what is missing.
     *
     * @param logger  where.
     * @param message what failed, without a full stop.
     * @param thrown  the cause.
     */
    public static void log(final System.Logger logger, final String message, final Throwable thrown) {
        try {
            logger.log(System.Logger.Level.ERROR, message, thrown);
        } catch (final Throwable ignored) {
            // nobody is left to tell
        }
    }
}
