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

package io.viommu.bridge.journal;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;

/**
 * Records each fault on its way to another sink, before a vIOMMU has seen it. What a source rejected has no record and
 * isn't in the journal; the account has counted it. Used by the thread that uses the other sink.
 */
public final class JournalingSink implements FaultSink {

    private final FaultSink sink;
    private final FaultJournal journal;
    private FaultRecord claimed;

    /**
     * Records what goes to a sink.
     *
     * @param sink    gets every fault.
     * @param journal gets a copy; not closed here.
     */
    public JournalingSink(final FaultSink sink, final FaultJournal journal) {
        this.sink = sink;
        this.journal = journal;
    }

    @Override
    public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
        claimed = sink.claim(source, hostDevice, pasid);
        return claimed;
    }

    @Override
    public void publish() {
        try {
            journal.append(claimed);
        } finally {
            sink.publish(); // a journal that fails holds no slot back
        }
    }

    @Override
    public void reject(final int source, final FaultDisposition disposition) {
        sink.reject(source, disposition);
    }

    @Override
    public void flush() {
        try {
            journal.flush();
        } finally {
            sink.flush();
        }
    }

    @Override
    public void close() {
        sink.close();
    }
}
