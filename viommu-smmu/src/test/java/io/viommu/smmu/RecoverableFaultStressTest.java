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

package io.viommu.smmu;

import static io.viommu.smmu.SmmuMachine.CMDQ;
import static io.viommu.smmu.SmmuMachine.CMDQEN;
import static io.viommu.smmu.SmmuMachine.CMDQ_BASE;
import static io.viommu.smmu.SmmuMachine.CMDQ_CONS;
import static io.viommu.smmu.SmmuMachine.CMDQ_PROD;
import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.EVENTQ_CONS;
import static io.viommu.smmu.SmmuMachine.EVENTQ_PROD;
import static io.viommu.smmu.SmmuMachine.GERROR;
import static io.viommu.smmu.SmmuMachine.GERRORN;
import static io.viommu.smmu.SmmuMachine.PRIQ;
import static io.viommu.smmu.SmmuMachine.PRIQEN;
import static io.viommu.smmu.SmmuMachine.PRIQ_BASE;
import static io.viommu.smmu.SmmuMachine.PRIQ_CONS;
import static io.viommu.smmu.SmmuMachine.PRIQ_PROD;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultOutcome;
import io.viommu.fault.FaultRecord;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaSession;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * Stalls and page requests of emulated and physical devices at once, against guests that answer rightly, wrongly, twice
 * or never, and switch and reset the device meanwhile. Whoever waits for an answer gets one, and no more.
 */
class RecoverableFaultStressTest {

    private static final int STREAM = 8;
    private static final int SOURCE = 3;
    private static final int ROUNDS = 3_000;
    private static final int OPEN_GROUPS = 200;
    private static final long STALLED = 0x0000_0208_8000_0000L;
    private static final int LAST = 2;

    private final SmmuMachine board = new SmmuMachine();
    private final Map<Integer, AtomicInteger> owedTags = new ConcurrentHashMap<>();
    private final Map<Long, AtomicInteger> answeredCookies = new ConcurrentHashMap<>();
    private final AtomicInteger openGroups = new AtomicInteger();
    private final AtomicReference<Throwable> thrown = new AtomicReference<>();
    private SmmuV3 smmu;
    private long published;

    /** Counts, but keeps nothing. */
    private final class Host implements HostIommu, InterruptSink {

        @Override
        public void respond(final int source, final long cookie, final int code) {
            answeredCookies.computeIfAbsent(cookie, key -> new AtomicInteger()).incrementAndGet();
            if (cookie < 0) {
                openGroups.decrementAndGet();
            }
        }

        @Override
        public boolean message(final long address, final int data) {
            return true;
        }

        @Override
        public void line(final int line, final boolean level) {
            // the guest polls
        }
    }

    /** What no vIOMMU took is answered by the VMM, as the bridge does. */
    private void settled(final Host host, final FaultRecord record, final FaultDisposition end) {
        final boolean waits = record.kind() == FaultKind.PAGE_REQUEST
                ? (record.word(0) & LAST) != 0
                : !record.emulated();
        if (end.outcome() == FaultOutcome.REJECTED && waits) {
            host.respond(record.source(), record.cookie(), 1);
        }
        assertThat(end).isNotEqualTo(FaultDisposition.MODEL_FAILURE);
    }

    private void tables() {
        final long context = SmmuMachine.RAM + 0x5_0000;
        board.store64(SmmuMachine.RAM + 0x4_0000 + STREAM * 64, 1 | 5 << 1 | context);
        board.store64(context, 25 | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | 1L << 44 | 1L << 45 | 1L << 46);
        board.store64(context + 8, SmmuMachine.RAM + 0x6_0000);
    }

    private void write(final int offset, final long value) {
        smmu.write(offset, 4, value & 0xFFFF_FFFFL);
    }

    private int read(final int offset) {
        return (int) smmu.read(offset, 4);
    }

    private void boot() {
        smmu.write(0x80, 8, SmmuMachine.RAM + 0x4_0000);
        write(0x88, 6);
        smmu.write(CMDQ_BASE, 8, CMDQ | 4);
        smmu.write(SmmuMachine.EVENTQ_BASE, 8, SmmuMachine.EVENTQ | 2);
        smmu.write(PRIQ_BASE, 8, PRIQ | 3);
        write(CR0, CMDQEN | PRIQEN | EVENTQEN | SMMUEN);
    }

    private void command(final long word0, final long word1) {
        final int prod = read(CMDQ_PROD);
        board.store64(CMDQ + 16L * (prod & 0xF), word0);
        board.store64(CMDQ + 16L * (prod & 0xF) + 8, word1);
        write(CMDQ_PROD, prod + 1 & 0x1F);
    }

    /** One move of the guest. */
    private void guest(final Random random) {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> takeEvents(random);
            case 4, 5 -> takePageRequests(random);
            case 6 -> command(0x44 | (long) STREAM << 32 | 1L << 12, random.nextInt(520));
            case 7 -> command(0x45 | (long) STREAM << 32, 0);
            case 8 -> command(0x41 | (long) STREAM << 32, random.nextInt(512) | 2L << 12);
            case 9 -> command(0x30, 0);
            case 10 -> command(0x46, 0);
            case 11 -> write(GERRORN, read(GERROR));
            case 12 -> write(EVENTQ_CONS, random.nextInt(8));
            case 13 -> write(CR0, read(CR0) ^ (random.nextBoolean() ? EVENTQEN : SMMUEN));
            case 14 -> write(CR0, CMDQEN | PRIQEN | EVENTQEN | SMMUEN);
            default -> rarely(random);
        }
    }

    private void rarely(final Random random) {
        if (random.nextInt(20) == 0) {
            smmu.reset();
            boot();
        } else if (read(CMDQ_CONS) >>> 24 != 0) {
            write(GERRORN, read(GERROR));
        }
    }

    private void takeEvents(final Random random) {
        final int prod = read(EVENTQ_PROD);
        for (int cons = read(EVENTQ_CONS) & 7; cons != (prod & 7); cons = cons + 1 & 7) {
            final long word1 = board.load64(SmmuMachine.EVENTQ + 32L * (cons & 3) + 8);
            if (random.nextInt(4) != 0) {
                command(0x44 | (long) STREAM << 32 | (random.nextBoolean() ? 1L << 12 : 0), word1 & 0xFFFF);
            }
        }
        write(EVENTQ_CONS, prod);
    }

    private void takePageRequests(final Random random) {
        final int prod = read(PRIQ_PROD);
        for (int cons = read(PRIQ_CONS) & 15; cons != (prod & 15); cons = cons + 1 & 15) {
            final long word1 = board.load64(PRIQ + 16L * (cons & 7) + 8);
            if (random.nextInt(3) != 0) {
                command(0x41 | (long) STREAM << 32, word1 & 0x1FF | (long) random.nextInt(3) << 12);
            }
        }
        write(PRIQ_CONS, prod);
    }

    private void dma() {
        try (DmaSession session = smmu.openSession()) {
            for (int i = 0; i < ROUNDS; i++) {
                session.begin();
                try {
                    if (session.translate(STREAM, DmaSession.NO_PASID, 0x1000, 0) == DmaSession.STALLED) {
                        owed(session.stallTag()).incrementAndGet();
                    }
                } finally {
                    session.end();
                }
            }
        }
    }

    private AtomicInteger owed(final int tag) {
        return owedTags.computeIfAbsent(tag, key -> new AtomicInteger());
    }

    private void physical(final FaultPipeline pipeline, final Random random) {
        final FaultRecord record = new FaultRecord();
        for (int i = 0; i < ROUNDS; i++) {
            if (random.nextBoolean() && openGroups.get() < OPEN_GROUPS) {
                openGroups.incrementAndGet();
                for (int left = random.nextInt(3); left >= 0; left--) {
                    final long claim = pipeline.claim(record);
                    record.kind(FaultKind.PAGE_REQUEST).source(SOURCE).guestDevice(STREAM).cookie(~(long) i)
                            .word(0, (left == 0 ? LAST : 0) | (long) (i & 0x1FF) << 32).word(1, 1).word(2, 0x5000);
                    pipeline.publish(claim);
                    published++;
                }
            } else {
                final long claim = pipeline.claim(record);
                record.kind(FaultKind.SMMU_EVENT).source(SOURCE).guestDevice(STREAM).cookie(i)
                        .word(0, 0x10).word(1, STALLED).word(2, 0x1000);
                pipeline.publish(claim);
                published++;
            }
            pipeline.flush();
        }
    }

    private Thread start(final String name, final Runnable work) {
        return Thread.ofPlatform().name(name).daemon()
                .uncaughtExceptionHandler((thread, failure) -> thrown.compareAndSet(null, failure)).start(work);
    }

    @ParameterizedTest
    @CsvSource({ "1, BLOCKING", "2, BLOCKING", "3, RUN_TO_COMPLETION", "4, RUN_TO_COMPLETION" })
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whoeverWaitsForAnAnswerGetsOneAndNoMore(final long seed, final InjectorMode mode) throws InterruptedException {
        final Host host = new Host();
        final GuestRam memory = board.memory;
        smmu = (SmmuV3) IommuModels.create("smmuv3", Map.of(), new IommuPlatform(memory, host, host));
        smmu.stallListener((stream, tag, action) -> owed(tag).decrementAndGet());
        tables();
        boot();
        final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "stress");
        try (FaultPipeline pipeline = new FaultPipeline(new PipelineSettings("stress", 4096, mode), smmu, account,
                (record, end) -> settled(host, record, end))) {
            final Random random = new Random(seed);
            final List<Thread> devices = new ArrayList<>(List.of(start("dma-1", this::dma), start("dma-2", this::dma),
                    start("physical", () -> physical(pipeline, new Random(seed)))));
            while (devices.stream().anyMatch(Thread::isAlive) && thrown.get() == null) {
                guest(random);
            }
            for (final Thread device : devices) {
                device.join();
            }
            smmu.reset();
            assertThat(thrown.get()).isNull();
            assertThat(pipeline.inFlight()).isZero();
        }
        owedTags.values().removeIf(owed -> owed.get() == 0);
        assertThat(owedTags).as("tags of transactions without an answer, or with two").isEmpty();
        assertThat(answeredCookies).hasSize(ROUNDS);
        answeredCookies.values().removeIf(answers -> answers.get() == 1);
        assertThat(answeredCookies).as("cookies answered more than once").isEmpty();
        assertThat(account.count(FaultDisposition.MODEL_FAILURE)).isZero();
        assertThat(published).isGreaterThanOrEqualTo(ROUNDS);
    }
}
