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

/** What two threads may see of an SMMUv3, and what never. */
class SmmuStress {

    private final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);
    private volatile boolean happened;
    private volatile String seen;

    private abstract static class Each implements Duel.Referee {
        @Override
        public void prepare(final long round) {
            // the last round left everything as it should be
        }
    }

    /** 3.5.2: a record is visible before the PROD that tells of it; a guest that empties the queue misses nothing. */
    @Test
    void eventIsThereWhenProdSaysSo() {
        try (SmmuRing ring = new SmmuRing(InjectorMode.RUN_TO_COMPLETION, 64)) {
            final long[] number = new long[1];
            new Duel("PROD and CONS of the Event queue", "not yet, then an interrupt", "the record").fight(new Each() {
                @Override
                public void prepare(final long round) {
                    number[0] = round << 12;
                    ring.write(0x100AC, ring.prod());
                    ring.interrupts.set(0);
                    SmmuRing.event(record, number[0]);
                }

                @Override
                public String judge() {
                    final boolean left = ring.prod() != (ring.read(0x100AC) & 0x1F);
                    return left && ring.interrupts.get() == 0 ? "an event without an interrupt" : seen;
                }
            }, () -> {
                ring.smmu.inject(record);
                Duel.falter();
                ring.smmu.endOfBatch();
            }, () -> {
                final int cons = ring.read(0x100AC) & 0x1F;
                final int prod = ring.prod();
                if (prod == cons) {
                    seen = "not yet, then an interrupt";
                    return;
                }
                final long address = ring.load(SmmuRing.EVENTQ + 32L * (cons & 0xF) + 16);
                seen = address == number[0] ? "the record" : "an old record";
                ring.write(0x100AC, prod);
            });
        }
    }

    /** 4.1: what is posted is executed once, whichever vCPU posts it. */
    @Test
    void commandsOfTwoVcpusAreAllExecuted() {
        try (SmmuRing ring = new SmmuRing(InjectorMode.RUN_TO_COMPLETION, 64)) {
            final int[] prod = new int[1];
            new Duel("PROD and CONS of the Command queue", "all executed").fight(new Each() {
                @Override
                public void prepare(final long round) {
                    prod[0] = ring.read(0x98);
                    ring.place(prod[0], 0x30, 0);
                    ring.place(prod[0] + 1, 0x46 | 1 << 12, 0);
                }

                @Override
                public String judge() {
                    final int left = ring.read(0x98) - ring.read(0x9C) & 0x7F;
                    return left == 0 ? "all executed" : left + " left";
                }
            }, () -> ring.write(0x98, prod[0] + 1 & 0x7F), () -> {
                while (ring.read(0x98) == prod[0]) { // vCPUs post in order, and don't wait for each other's commands
                    Thread.yield();
                }
                ring.write(0x98, prod[0] + 2 & 0x7F);
            });
        }
    }

    /** 7.5: two errors at once toggle two bits; an acknowledgement in between takes nothing away from either. */
    @Test
    void globalErrorsOfTwoSourcesAreBothActive() {
        try (SmmuRing ring = new SmmuRing(InjectorMode.RUN_TO_COMPLETION, 64)) {
            new Duel("GERROR toggled by two sources", "both").fight(new Each() {
                @Override
                public void prepare(final long round) {
                    ring.boot();
                    ring.write(0x20, 9);
                    ring.smmu.write(0xA0, 8, 0x3F_0000_0004L); // events go nowhere
                    ring.write(0x20, 0xD);
                    ring.place(0, 0xFF, 0);
                    SmmuRing.event(record, round);
                }

                @Override
                public String judge() {
                    final int active = ring.read(0x60) ^ ring.read(0x64);
                    return active == 5 ? "both" : "active 0x" + Integer.toHexString(active);
                }
            }, () -> ring.write(0x98, 1), () -> {
                ring.smmu.inject(record);
                ring.smmu.endOfBatch();
            });
        }
    }

    /** 7.1, 7.5: whoever acknowledges, whenever, the queue goes on. */
    @Test
    void queueGoesOnAfterAnErrorThatIsAcknowledgedAtAnyMoment() {
        try (SmmuRing ring = new SmmuRing(InjectorMode.RUN_TO_COMPLETION, 64)) {
            new Duel("CMDQ_ERR against GERRORN", "goes on").fight(new Each() {
                @Override
                public void prepare(final long round) {
                    ring.boot();
                    ring.place(0, 0xFF, 0);
                    ring.place(1, 0x46, 0);
                }

                @Override
                public String judge() {
                    ring.place(0, 0x46, 0); // as Linux does it
                    ring.write(0x64, ring.read(0x60));
                    return (ring.read(0x9C) & 0x7F) == 2 ? "goes on" : "stuck at " + ring.read(0x9C);
                }
            }, () -> ring.write(0x98, 2), () -> {
                ring.write(0x64, ring.read(0x60));
                ring.write(0x64, ring.read(0x60));
            });
        }
    }

    /** 3.21.1: once a CMD_SYNC is done, no transaction uses what was invalidated before it. */
    @Test
    void nothingUsesAnOldTranslationAfterSync() {
        try (SmmuRing ring = new SmmuRing(InjectorMode.RUN_TO_COMPLETION, 64);
                DmaSession session = ring.smmu.openSession()) {
            new Duel("TLBI and CMD_SYNC against translation", "old, before SYNC", "new").fight(new Each() {
                @Override
                public void prepare(final long round) {
                    ring.map(SmmuRing.PAGE_A);
                    ring.invalidateAndSync();
                    session.begin();
                    ring.access(session, 0x10);
                    session.end();
                    happened = false;
                }

                @Override
                public String judge() {
                    return seen;
                }
            }, () -> {
                ring.map(SmmuRing.PAGE_B);
                Duel.falter();
                ring.invalidateAndSync();
                happened = true; // page A belongs to somebody else from now on
            }, () -> {
                final boolean late = happened;
                session.begin();
                final boolean ok = ring.access(session, 0x10) == DmaSession.OK;
                final long page = session.address() & -4096L;
                Duel.falter();
                final boolean released = happened;
                session.end();
                final boolean old = ok && page == SmmuRing.PAGE_A;
                seen = !ok ? "aborted" : !old ? "new" : late || released ? "old, after SYNC" : "old, before SYNC";
            });
        }
    }

    /** 4.7.3: an event whose transaction was seen to end before CMD_SYNC is in the queue after it. */
    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void eventOfADmaThatEndedIsThereAfterSync(final InjectorMode mode) {
        try (SmmuRing ring = new SmmuRing(mode, 64); DmaSession session = ring.smmu.openSession()) {
            ring.map(0);
            new Duel("CMD_SYNC against faults of DMA, " + mode, "ended, event", "not ended, no event",
                    "not ended, event").fight(afterSync(ring), () -> {
                        session.begin();
                        Duel.falter();
                        ring.access(session, 0x10);
                        Duel.falter();
                        session.end();
                        happened = true;
                    }, syncAndLook(ring));
        }
    }

    /** The same of a fault that was read from the host. */
    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void physicalEventThatWasReadIsThereAfterSync(final InjectorMode mode) {
        try (SmmuRing ring = new SmmuRing(mode, 64)) {
            final FaultRecord slot = new FaultRecord();
            new Duel("CMD_SYNC against physical faults, " + mode, "ended, event", "not ended, no event",
                    "not ended, event").fight(afterSync(ring), () -> {
                        final long claim = ring.pipeline.claim(slot);
                        Duel.falter();
                        SmmuRing.event(slot, 0x1000);
                        ring.pipeline.publish(claim);
                        happened = true;
                        Duel.falter();
                        ring.pipeline.flush();
                    }, syncAndLook(ring));
        }
    }

    private Duel.Referee afterSync(final SmmuRing ring) {
        return new Each() {
            @Override
            public void prepare(final long round) {
                ring.sync();
                ring.write(0x100AC, ring.prod());
                happened = false;
            }

            @Override
            public String judge() {
                return seen;
            }
        };
    }

    private Runnable syncAndLook(final SmmuRing ring) {
        return () -> {
            final int before = ring.read(0x100AC) & 0x1F;
            final boolean ended = happened;
            ring.sync();
            seen = (ended ? "ended, " : "not ended, ") + (ring.prod() != before ? "event" : "no event");
        };
    }

    /**
     * A VMM whose interrupt sink lets the guest's handler run at once, on the injector: it takes events and posts a
     * CMD_SYNC, while DMA faults fill the ring. Nobody may wait for somebody who waits for him.
     */
    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    @Timeout(60)
    void handlerThatRunsOnTheInjectorAndSyncsWhileTheRingIsFullEnds(final InjectorMode mode) throws Exception {
        final long faults = Long.getLong("viommu.stress.rounds", 1_000);
        final List<Thread> devices = new ArrayList<>();
        try (SmmuRing ring = new SmmuRing(mode, 4)) {
            ring.map(0);
            ring.onInterrupt = () -> {
                ring.write(0x100AC, ring.prod());
                final int prod = ring.read(0x98);
                if (prod == (ring.read(0x9C) & 0x7F)) {
                    ring.place(prod, 0x46, 0);
                    ring.write(0x98, prod + 1 & 0x7F);
                }
            };
            for (int i = 0; i < 3; i++) {
                devices.add(Thread.ofPlatform().daemon().start(() -> {
                    try (DmaSession session = ring.smmu.openSession()) {
                        for (long n = 0; n < faults; n++) {
                            session.begin();
                            ring.access(session, 0x10);
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
