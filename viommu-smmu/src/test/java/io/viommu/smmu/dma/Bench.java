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
package io.viommu.smmu.dma;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.fault.StallPort;

/** An SMMU on a bench: memory, stream 5 with tables of its own, one session, and the events that come out. */
final class Bench {

    static final int STREAM = 5;
    static final int NONE = -1;
    static final long STREAMS = 0x4000_0000L;
    static final long CD = 0x4000_4000L;
    static final long S1_L1 = 0x4001_0000L;
    static final long S1_L2 = 0x4001_1000L;
    static final long S1_L3 = 0x4001_2000L;
    static final long S2_L1 = 0x4002_0000L;
    static final long S2_L2 = 0x4002_2000L;
    static final long S2_L3 = 0x4002_3000L;
    static final long PAGE = 0x4010_0000L;
    static final long TABLE = 3;
    static final long S1_PAGE = 3 | 1 << 10 | 1 << 6;
    static final long S2_PAGE = 3 | 1 << 10 | 3 << 6 | 0xF << 2;
    static final long S2_BLOCK = 1 | 1 << 10 | 3 << 6 | 0xF << 2;

    final TestMemory memory = new TestMemory();
    final SmmuDmaTranslator translator;
    final SmmuSession session;
    final List<long[]> events = new ArrayList<>();
    final Features features;
    Record ste = Record.stage1Ste(CD);
    Record cd = Record.cd(S1_L1, 9);
    int cr0 = 1;
    int cr2 = 2;
    int gbpa;
    StallPort stalls = StallPort.NONE;
    boolean closed;
    int lost;

    Bench() {
        this(Features.full());
    }

    Bench(final Features features) {
        this.features = features;
        translator = new SmmuDmaTranslator(memory, features.build(),
                (stream, substream, address, access) -> stalls.stall(stream, substream, address, access), 1024);
        translator.connect(new Port());
        session = translator.openSession();
        memory.put(S1_L1, S1_L2 | TABLE);
        memory.put(S1_L2, S1_L3 | TABLE);
    }

    /** Stage 2 alone, IPA 0 by tables. */
    Bench stage2() {
        ste = Record.ste(0b110).stage2(S2_L1, 7);
        memory.put(S2_L1, S2_L2 | TABLE);
        memory.put(S2_L2, S2_L3 | TABLE);
        return this;
    }

    /** Both; IPA 0 by tables, 0x4000_0000 mapped to itself. */
    Bench nested() {
        stage2();
        ste = Record.ste(0b111).address(0, 6, 51, CD).stage2(S2_L1, 7);
        memory.put(S2_L1 + 8, 0x4000_0000L | S2_BLOCK);
        return this;
    }

    /** Writes the structures and puts the registers into effect. */
    Bench on() {
        ste.write(memory, STREAMS + STREAM * 64);
        cd.write(memory, CD);
        translator.update(new SmmuContext(features.build(), cr0, cr2, gbpa, STREAMS, 8));
        return this;
    }

    int read(final long iova) {
        return session.translate(STREAM, NONE, iova, 0);
    }

    int write(final long iova) {
        return session.translate(STREAM, NONE, iova, 1);
    }

    /** The only event, as its four words in hexadecimal; forgets it. */
    String event() {
        if (events.size() != 1) {
            return events.size() + " events";
        }
        final long[] words = events.remove(0);
        return String.format("%016x %016x %016x %016x", words[0], words[1], words[2], words[3]);
    }

    private final class Port implements FaultPort {
        private final UnsafeBuffer slot = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
        private final FaultRecord seen = new FaultRecord();

        @Override
        public long claim(final FaultRecord record) {
            if (closed) {
                return CLOSED;
            }
            record.wrap(slot, 0).clear();
            return 1;
        }

        @Override
        public void publish(final long claim) {
            seen.wrap(slot, 0);
            if (seen.kind() != FaultKind.SMMU_EVENT || !seen.emulated()) {
                throw new IllegalStateException("not a local event");
            }
            events.add(new long[]{ seen.word(0), seen.word(1), seen.word(2), seen.word(3) });
        }

        @Override
        public void flush() {
        }

        @Override
        public void awaitInjected() {
        }

        @Override
        public void account(final FaultDisposition disposition) {
            lost++;
        }
    }
}
