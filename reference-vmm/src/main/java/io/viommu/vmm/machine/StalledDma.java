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

package io.viommu.vmm.machine;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.smmu.fault.StallListener;

/**
 * Transactions of endpoints that wait for the guest's answer. Those that are to be retried go again as soon as the
 * register write is over that the answer came with, as though they had just arrived; a vIOMMU bounds how many wait.
 */
final class StalledDma implements StallListener {

    private final Map<Long, Transaction> parked = new HashMap<>();
    private final ArrayDeque<Transaction> retried = new ArrayDeque<>();
    private DmaPath path;

    /** What is left of a transaction; {@code data} is null for a read. */
    record Transaction(DmaPath.Requester requester, long iova, byte[] data, int length) {
    }

    static Transaction write(final DmaPath.Requester requester, final long iova, final DirectBuffer data,
            final int offset, final int length) {
        final byte[] copy = new byte[length];
        data.getBytes(offset, copy);
        return new Transaction(requester, iova, copy, length);
    }

    static Transaction read(final DmaPath.Requester requester, final long iova, final int length) {
        return new Transaction(requester, iova, null, length);
    }

    /** Sets where retried transactions go. */
    void path(final DmaPath newPath) {
        path = newPath;
    }

    void park(final int tag, final Transaction transaction) {
        parked.put(key(transaction.requester().id(), tag), transaction);
    }

    @Override
    public void answered(final int stream, final int tag, final int action) {
        final Transaction transaction = parked.remove(key(stream, tag));
        if (transaction != null && action == RETRY) {
            retried.add(transaction);
        }
    }

    /** Makes the transactions again that the guest had retried; what stalls anew waits for the next answer. */
    void retry() {
        for (int left = retried.size(); left > 0; left--) {
            final Transaction transaction = retried.remove();
            if (transaction.data() == null) {
                final UnsafeBuffer nobody = new UnsafeBuffer(new byte[transaction.length()]);
                path.read(transaction.requester(), transaction.iova(), nobody, 0, transaction.length());
            } else {
                path.write(transaction.requester(), transaction.iova(), new UnsafeBuffer(transaction.data()), 0,
                        transaction.length());
            }
        }
    }

    void reset() {
        parked.clear();
        retried.clear();
    }

    private static long key(final int stream, final int tag) {
        return (long) stream << Integer.SIZE | tag;
    }
}
