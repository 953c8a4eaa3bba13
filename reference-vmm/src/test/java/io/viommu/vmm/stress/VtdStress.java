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
package io.viommu.vmm.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.viommu.fault.FaultRecord;
import io.viommu.iommu.DmaSession;
import io.viommu.pipeline.InjectorMode;

/** What two threads may see of a VT-d unit, and what never. */
class VtdStress {

    private final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);
    private volatile boolean happened;
    private volatile String seen;

    /** 6.5.2.8: once a wait is done, no transaction uses what was invalidated before it. */
    @Test
    void nothingUsesAnOldTranslationAfterAWait() {
        try (VtdRing ring = new VtdRing(InjectorMode.RUN_TO_COMPLETION, 64);
                DmaSession session = ring.unit.openSession()) {
            new Duel("IOTLB invalidation and wait against DMA", "old, before the wait", "new")
                    .fight(new Duel.Referee() {
                        @Override
                        public void prepare(final long round) {
                            ring.map(VtdRing.PAGE_A);
                            ring.invalidateAndWait();
                            session.begin();
                            ring.access(session);
                            session.end();
                            happened = false;
                        }

                        @Override
                        public String judge() {
                            return seen;
                        }
                    }, () -> {
                        ring.map(VtdRing.PAGE_B);
                        Duel.falter();
                        ring.invalidateAndWait();
                        happened = true; // page A belongs to somebody else from now on
                    }, () -> {
                        final boolean late = happened;
                        session.begin();
                        final boolean ok = ring.access(session) == DmaSession.OK;
                        final long page = session.address() & -4096L;
                        Duel.falter();
                        final boolean released = happened;
                        session.end();
                        final boolean old = ok && page == VtdRing.PAGE_A;
                        seen = !ok
                                ? "aborted"
                                : !old ? "new" : late || released ? "old, after the wait" : "old, before the wait";
                    });
        }
    }

    /** 6.5.2.8: a fault of a DMA that was seen to end before a wait is recorded after it. */
    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void faultOfADmaThatEndedIsThereAfterAWait(final InjectorMode mode) {
        try (VtdRing ring = new VtdRing(mode, 64); DmaSession session = ring.unit.openSession()) {
            ring.map(0);
            new Duel("wait against faults of DMA, " + mode, "ended, recorded", "not ended, not recorded",
                    "not ended, recorded").fight(new Duel.Referee() {
                        @Override
                        public void prepare(final long round) {
                            ring.await();
                            ring.takeFaults();
                            happened = false;
                        }

                        @Override
                        public String judge() {
                            return seen;
                        }
                    }, () -> {
                        session.begin();
                        Duel.falter();
                        ring.access(session);
                        Duel.falter();
                        session.end();
                        happened = true;
                    }, () -> {
                        final boolean ended = happened;
                        ring.await();
                        seen = (ended ? "ended, " : "not ended, ") + (ring.pending() > 0 ? "recorded" : "not recorded");
                    });
        }
    }

    /** 7.2.1, 7.3: PPF says whether a record is pending, and a record that is left has made an interrupt. */
    @Test
    void faultStatusAgreesWithTheRecordsWhateverTheGuestClears() {
        try (VtdRing ring = new VtdRing(InjectorMode.RUN_TO_COMPLETION, 64)) {
            new Duel("fault records against FSTS", "left, interrupted", "taken").fight(new Duel.Referee() {
                @Override
                public void prepare(final long round) {
                    ring.takeFaults();
                    ring.interrupts.set(0);
                    record.clear();
                    VtdRing.fault(record);
                }

                @Override
                public String judge() {
                    final int left = ring.pending();
                    if (left > 0 != ring.primaryFaultPending()) {
                        return left + " left, but PPF=" + ring.primaryFaultPending();
                    }
                    return left == 0 ? "taken" : ring.interrupts.get() > 0 ? "left, interrupted" : "left, no interrupt";
                }
            }, () -> {
                ring.unit.inject(record);
                Duel.falter();
                ring.unit.inject(record);
                ring.unit.endOfBatch();
            }, () -> {
                ring.takeFaults();
                Duel.falter();
                ring.takeFaults();
            });
        }
    }

    /** As for the SMMU: a handler that runs on the injector and posts a wait, while DMA faults fill the ring. */
    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    @Timeout(60)
    void handlerThatRunsOnTheInjectorAndWaitsWhileTheRingIsFullEnds(final InjectorMode mode) throws Exception {
        final long faults = Long.getLong("viommu.stress.rounds", 1_000);
        final List<Thread> devices = new ArrayList<>();
        try (VtdRing ring = new VtdRing(mode, 4)) {
            ring.map(0);
            final long[] last = new long[1];
            ring.onInterrupt = () -> {
                ring.takeFaults();
                if (ring.done(last[0])) {
                    last[0] = ring.postWait();
                }
            };
            for (int i = 0; i < 3; i++) {
                devices.add(Thread.ofPlatform().daemon().start(() -> {
                    try (DmaSession session = ring.unit.openSession()) {
                        for (long n = 0; n < faults; n++) {
                            session.begin();
                            ring.access(session);
                            session.end();
                        }
                    }
                }));
            }
            for (final Thread device : devices) {
                device.join(TimeUnit.SECONDS.toMillis(30));
                assertThat(device.isAlive()).as("a device waits for ever").isFalse();
            }
            ring.pipeline.awaitInjected();
            assertThat(ring.account.settled()).isEqualTo(3 * faults);
        }
    }
}
