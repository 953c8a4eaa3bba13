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
package io.viommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaSession;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.ModelConfig;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * The rule of {@link io.viommu.vtd.register.Drain} at each place that drains: whoever is in the middle of something
 * that is drained may write any register, beside anybody else who does, and both get on; and the status that software
 * polls shows the end.
 */
class DrainRulesTest {

    private static final long GCMD = 0x18;
    private static final long GSTS = 0x1C;
    private static final long LEVELS = 1L << 31 | 1L << 26 | 1L << 25 | 1L << 23;
    private static final long QUEUE = 0x1_0000;
    private static final long STATUS = 0x2_0000;

    /** In the middle of what somebody writes a register. */
    enum Role {
        /** Nothing: a vCPU that runs. */
        VCPU,
        /** The delivery of a device's interrupt message. */
        MESSAGE,
        /** A DMA. */
        DMA,
        /** The delivery of the fault event, on a thread of its own that injects. */
        INJECTOR,
        /** The delivery of the fault event, on the thread that brought the fault. */
        PRODUCER
    }

    /** What is written, and drains. */
    enum Place {
        CCMD, IOTLB, SRTP, SIRTP, TE, IRE, CFI, QIE, WAIT, PMEN, RESET
    }

    static Stream<Arguments> roles() {
        return Arrays.stream(Role.values()).filter(role -> role != Role.VCPU)
                .flatMap(role -> Stream.of(Role.VCPU, Role.MESSAGE, Role.DMA)
                        .map(other -> Arguments.of(role, other)));
    }

    @ParameterizedTest
    @MethodSource("roles")
    void whoeverIsDrainedMayWriteAnyRegisterBesideAnyOtherWriter(final Role role, final Role other) throws Exception {
        for (final Place first : Place.values()) {
            for (final Place second : Place.values()) {
                try (Machine machine = new Machine(role == Role.PRODUCER
                        ? InjectorMode.RUN_TO_COMPLETION
                        : InjectorMode.BLOCKING)) {
                    machine.race(role, second, other, first);
                }
            }
        }
    }

    /** A unit with two threads that use it. */
    private static final class Machine implements InterruptSink, AutoCloseable {
        private final GuestRam memory = new GuestRam();
        private final VtdUnit unit;
        private final FaultPipeline pipeline;
        private final UnsafeBuffer word = new UnsafeBuffer(ByteBuffer.allocateDirect(16));
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final Map<Integer, AtomicReference<Runnable>> handlers = Map.of(0x31, new AtomicReference<>(), 0x32,
                new AtomicReference<>(), 0x41, new AtomicReference<>());
        private long command = 1L << 26;
        private long tail;

        Machine(final InjectorMode mode) {
            memory.addRegion(0, Arena.ofAuto().allocate(1 << 20));
            unit = new VtdUnit(
                    VtdConfig.of(ModelConfig.of("intel-iommu", VtdConfig.PROPERTIES,
                            Map.of("protected-memory", "on"))),
                    new IommuPlatform(memory, this));
            pipeline = new FaultPipeline(PipelineSettings.named("drain").mode(mode), unit,
                    new FaultAccount(CounterFile.inMemory(), "drain"), FaultObserver.NONE);
            unit.write(0x3C, 4, 0x41);
            unit.write(0x40, 4, 0xFEE0_0000L);
            unit.write(0x38, 4, 0);
            unit.write(0x90, 8, QUEUE);
        }

        @Override
        public boolean message(final long address, final int data) {
            final Runnable handler = handlers.get(data).getAndSet(null);
            if (handler != null) {
                handler.run();
            }
            return true;
        }

        @Override
        public void line(final int line, final boolean level) {
            // a unit has no wires
        }

        /** Both are in the middle of their roles; the second writes while the first may be waiting. */
        void race(final Role role, final Place second, final Role other, final Place first) throws Exception {
            if (second == Place.WAIT || first == Place.WAIT || second == Place.QIE || first == Place.QIE) {
                unit.write(GCMD, 4, command);
            } else {
                command = 0;
            }
            final CountDownLatch inside = new CountDownLatch(2);
            final CountDownLatch writing = new CountDownLatch(1);
            final BooleanSupplier[] done = new BooleanSupplier[2];
            final Thread one = start("first", other, 0x32, () -> {
                inside.countDown();
                inside.await();
                final Write write = prepare(first);
                done[0] = write.done;
                writing.countDown();
                write.action.run();
            });
            final Thread two = start("second", role, 0x31, () -> {
                inside.countDown();
                inside.await();
                writing.await();
                TimeUnit.MILLISECONDS.sleep(1);
                final Write write = prepare(second);
                done[1] = write.done;
                write.action.run();
            });
            final String what = role + " writes " + second + ", " + other + " " + first;
            for (final Thread thread : new Thread[]{ one, two }) {
                thread.join(TimeUnit.SECONDS.toMillis(20));
                assertThat(thread.isAlive()).as("%s: %s hangs in %s", what, thread.getName(),
                        Arrays.toString(thread.getStackTrace())).isFalse();
            }
            assertThat(failure.get()).as(what).isNull();
            if (first != Place.RESET && second != Place.RESET) {
                unit.write(GCMD, 4, command); // whichever of two commands came last
                await(what + ": " + first, done[0]);
                await(what + ": " + second, done[1]);
            }
        }

        private static void await(final String what, final BooleanSupplier done) throws InterruptedException {
            for (int i = 0; i < 20_000 && !done.getAsBoolean(); i++) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertThat(done.getAsBoolean()).as(what).isTrue();
        }

        /** What may be interrupted. */
        private interface Step {
            void run() throws Exception;
        }

        private Thread start(final String name, final Role role, final int vector, final Step step) {
            final Runnable checked = () -> {
                try {
                    step.run();
                } catch (final Throwable thrown) {
                    failure.set(thrown);
                }
            };
            return Thread.ofPlatform().daemon().name(name).start(() -> {
                switch (role) {
                    case VCPU -> checked.run();
                    case MESSAGE -> {
                        handlers.get(vector).set(checked);
                        unit.deviceMessage(8, 0xFEE0_0000L, vector);
                    }
                    case DMA -> {
                        try (DmaSession session = unit.openSession()) {
                            session.begin();
                            checked.run();
                            session.end();
                        }
                    }
                    default -> {
                        final CountDownLatch handled = new CountDownLatch(1);
                        handlers.get(0x41).set(() -> {
                            checked.run();
                            handled.countDown();
                        });
                        final FaultRecord record = new FaultRecord();
                        final long claim = pipeline.claim(record);
                        record.kind(FaultKind.VTD_FAULT).emulated(true).word(0, 0x1000).word(1, 5L << 32 | 8);
                        pipeline.publish(claim);
                        pipeline.flush();
                        try {
                            handled.await();
                        } catch (final InterruptedException interrupted) {
                            Thread.currentThread().interrupt();
                        }
                    }
                }
            });
        }

        /** What software writes, and how it sees that it is done. */
        private record Write(Runnable action, BooleanSupplier done) {
        }

        /** Software's side of a write, up to the write itself. */
        private synchronized Write prepare(final Place place) {
            return switch (place) {
                case CCMD -> write(0x28, 8, 1L << 63 | 1L << 61, () -> unit.read(0x28, 8) >= 0);
                case IOTLB -> write(0xF8, 8, 1L << 63 | 1L << 60, () -> unit.read(0xF8, 8) >= 0);
                case SRTP -> write(GCMD, 4, command | 1L << 30, () -> (unit.read(GSTS, 4) & 1L << 30) != 0);
                case SIRTP -> write(GCMD, 4, command | 1L << 24, () -> (unit.read(GSTS, 4) & 1L << 24) != 0);
                case TE -> level(1L << 31);
                case IRE -> level(1L << 25);
                case CFI -> level(1L << 23);
                case QIE -> level(1L << 26);
                case PMEN -> write(0x64, 4, 1L << 31, () -> (unit.read(0x64, 4) & 1) != 0);
                case WAIT -> {
                    final long at = STATUS + tail;
                    store(QUEUE + tail, 5 | 1 << 5 | 7L << 32, at);
                    tail += 16;
                    yield write(0x88, 4, tail, () -> load(at) == 7 || (unit.read(GSTS, 4) & 1L << 26) == 0);
                }
                case RESET -> new Write(unit::reset, () -> true);
            };
        }

        private Write level(final long bit) {
            command ^= bit;
            return write(GCMD, 4, command, () -> (unit.read(GSTS, 4) & LEVELS) == command);
        }

        private Write write(final long offset, final int size, final long value, final BooleanSupplier done) {
            return new Write(() -> unit.write(offset, size, value), done);
        }

        private void store(final long address, final long low, final long high) {
            word.putLong(0, low);
            word.putLong(8, high);
            memory.write(address, word, 0, 16);
        }

        private synchronized long load(final long address) {
            memory.read(address, word, 0, 8);
            return word.getLong(0);
        }

        @Override
        public void close() {
            pipeline.close();
        }
    }
}
