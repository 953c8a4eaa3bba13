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

import java.io.UncheckedIOException;
import java.util.function.IntUnaryOperator;

import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;

/**
 * Plays a journal, as fast as it is taken. Device, PASID and words are the journal's; the time is that of the playing,
 * and the cookie is 0, since nobody waits for an answer to a recorded fault.
 */
public final class JournalSource implements FaultSource {

    private static final System.Logger LOG = System.getLogger(JournalSource.class.getName());

    private final String name;
    private final JournalReader journal;
    private final IntUnaryOperator sources;
    private final FaultRecord recorded = new FaultRecord();
    private int next;
    private volatile String failure;

    /**
     * Plays from the first fault on.
     *
     * @param name    for people.
     * @param journal closed with this source.
     * @param sources the number that the routes know a recorded source by, from the number in the journal.
     */
    public JournalSource(final String name, final JournalReader journal, final IntUnaryOperator sources) {
        this.name = name;
        this.journal = journal;
        this.sources = sources;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int poll(final FaultSink sink, final int limit) {
        if (failure != null) {
            return 0;
        }
        final int end = next + Math.min(limit, journal.records() - next);
        final int first = next;
        try {
            while (next < end) {
                journal.record(next, recorded);
                next++;
                play(recorded, sink);
            }
        } catch (final UncheckedIOException broken) {
            failure = "The journal of " + name + " is broken: " + broken.getMessage() + ".";
            LOG.log(System.Logger.Level.WARNING, failure);
        }
        return next - first;
    }

    private void play(final FaultRecord from, final FaultSink sink) {
        final int pasid = from.hasPasid() ? from.pasid() : FaultSink.NO_PASID;
        final FaultRecord to = sink.claim(sources.applyAsInt(from.source()), from.hostDevice(), pasid);
        to.kind(from.kind()).asReported(from.asReported());
        for (int word = 0; word < 4; word++) {
            to.word(word, from.word(word));
        }
        sink.publish();
    }

    @Override
    public int readyFd() {
        return NO_FD;
    }

    @Override
    public boolean exhausted() {
        return failure != null || next == journal.records();
    }

    /**
     * Why it gave up before its end.
     *
     * @return one sentence, or null if all is well.
     */
    public String failure() {
        return failure;
    }

    @Override
    public void close() {
        journal.close();
    }
}
