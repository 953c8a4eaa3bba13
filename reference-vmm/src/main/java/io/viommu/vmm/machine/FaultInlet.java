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
import java.util.List;

import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.pipeline.FaultIngress;

/**
 * Brings faults from below into the vIOMMU the whole way that physical ones go: a source is polled into the ingress,
 * which routes each to the pipeline, whose injector hands it to the model.
 */
public final class FaultInlet implements FaultObserver {

    private static final int SOURCE = 0;

    private final FaultRouter router = new FaultRouter();
    private final HostAnswers answers;
    private final FaultIngress ingress;
    private final Source source = new Source();
    private FaultPort pipeline;
    private FaultDisposition settled;

    /** A source that gives what was put into it. */
    private final class Source implements FaultSource {
        private final ArrayDeque<FaultDraft> waiting = new ArrayDeque<>();

        @Override
        public String name() {
            return "client";
        }

        @Override
        public int poll(final FaultSink sink, final int limit) {
            int taken = 0;
            while (taken < limit && !waiting.isEmpty()) {
                give(sink, waiting.remove());
                taken++;
            }
            return taken;
        }

        private void give(final FaultSink sink, final FaultDraft draft) {
            final FaultRecord record = sink.claim(SOURCE, draft.device(), draft.pasid());
            record.kind(draft.kind()).asReported(draft.asReported());
            for (int i = 0; i < draft.words().length; i++) {
                record.word(i, draft.words()[i]);
            }
            if (draft.group() != FaultDraft.NO_ANSWER) {
                record.cookie(answers.expect(draft.device(), draft.pasid(), draft.group()));
            }
            sink.publish();
        }

        @Override
        public int readyFd() {
            return NO_FD;
        }

        @Override
        public void close() {
            waiting.clear();
        }
    }

    FaultInlet(final String name, final CounterFile counters, final HostAnswers answers) {
        this.answers = answers;
        this.ingress = new FaultIngress(name + " inlet", router, counters, this);
    }

    void lead(final FaultPort to) {
        pipeline = to;
    }

    /**
     * Delivers one fault and waits until the injector has passed it.
     *
     * @param draft the fault.
     * @return how it ended.
     */
    public FaultDisposition deliver(final FaultDraft draft) {
        settled = null;
        router.add(SOURCE, draft.device(), new FaultRoute(pipeline, draft.device()));
        source.waiting.add(draft);
        source.poll(ingress, 1);
        ingress.flush();
        pipeline.awaitInjected();
        router.remove(SOURCE, draft.device());
        return settled;
    }

    /**
     * Takes the answers since the last call.
     *
     * @return oldest first.
     */
    public List<PageAnswer> takeAnswers() {
        return answers.take();
    }

    @Override
    public void settled(final FaultRecord record, final FaultDisposition disposition) {
        settled = disposition;
    }

    void reset() {
        source.close();
        answers.reset();
    }
}
