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
package io.viommu.tlb;

import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Tells when DMA that was under way has ended, so that an invalidation can mean what the architectures say: after it,
 * no transaction uses what it dropped (IHI 0070, 3.21.1; VT-d, 6.5.3.3). Sessions pay two stores for a transaction
 * and take no lock; who waits, waits for the sessions that are inside, not for those that come later.
 */
public final class DmaEpochs {

    private volatile DmaEpoch[] open = new DmaEpoch[0];

    /** Makes a set without sessions. */
    public DmaEpochs() {
    }

    /**
     * Adds a session.
     *
     * @return its counter.
     */
    public synchronized DmaEpoch open() {
        final DmaEpoch epoch = new DmaEpoch();
        final DmaEpoch[] more = Arrays.copyOf(open, open.length + 1);
        more[open.length] = epoch;
        open = more;
        return epoch;
    }

    /**
     * Removes a session; its transaction has ended.
     *
     * @param epoch its counter.
     */
    public synchronized void close(final DmaEpoch epoch) {
        epoch.leave();
        open = Arrays.stream(open).filter(other -> other != epoch).toArray(DmaEpoch[]::new);
    }

    /**
     * Whether the calling thread is in a transaction itself, so that others may be waiting for it.
     *
     * @return true between a session's begin and end.
     */
    public boolean inTransaction() {
        for (final DmaEpoch epoch : open) {
            if (epoch.ofThisThread()) {
                return true;
            }
        }
        return false;
    }

    /**
     * As {@link #quiesce}, for a thread that others wait for: it doesn't wait itself.
     *
     * @return false if a session other than the calling thread's is in a transaction, which may not have ended.
     */
    public boolean tryQuiesce() {
        VarHandle.fullFence();
        for (final DmaEpoch epoch : open) {
            if (!epoch.quiet()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Waits until every session that was in a transaction when this was called has left it, a session of the calling
     * thread excepted. Transactions are short and don't wait for guests; a VMM whose DMA thread waits inside a
     * transaction for the very vCPU that invalidates would wait for ever.
     */
    public void quiesce() {
        VarHandle.fullFence();
        for (final DmaEpoch epoch : open) {
            epoch.await();
        }
    }

    /**
     * As {@link #quiesce()}, but not for longer than some time: for a thread that may hold others up, without knowing
     * whom.
     *
     * @param nanos how long to wait at most, from 0; {@link Long#MAX_VALUE} for ever.
     * @return false if a transaction that was under way when this was called may not have ended.
     */
    public boolean quiesce(final long nanos) {
        if (tryQuiesce()) {
            return true;
        }
        if (nanos == 0) {
            return false;
        }
        VarHandle.fullFence();
        final long since = System.nanoTime();
        for (final DmaEpoch epoch : open) {
            if (!epoch.await(since, nanos)) {
                return false;
            }
        }
        return true;
    }
}
