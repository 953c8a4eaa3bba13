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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaSession;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vtd.VtdUnit;

/** A VT-d unit in legacy mode with a pipeline, one requester and a guest's memory, for two threads to fight over. */
final class VtdRing implements InterruptSink, AutoCloseable {

    static final int REQUESTER = 8;
    static final long PAGE_A = 0x8_0000;
    static final long PAGE_B = 0x9_0000;
    private static final long QUEUE = 0x1_0000;
    private static final long STATUS = 0x3_0000;
    private static final long ROOT = 0x4_0000;
    private static final long CONTEXTS = 0x5_0000;
    private static final long TABLES = 0x6_0000;
    private static final int TAIL = 0xFF0;
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    final VtdUnit unit;
    final FaultPipeline pipeline;
    final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "stress");
    final AtomicInteger interrupts = new AtomicInteger();
    volatile Runnable onInterrupt = () -> {
    };
    private final MemorySegment ram = Arena.ofAuto().allocate(1 << 20, 4096);
    private long waits;

    VtdRing(final InjectorMode mode, final int slots) {
        final GuestRam memory = new GuestRam();
        memory.addRegion(0, ram);
        unit = (VtdUnit) IommuModels.create("intel-iommu", Map.of("aw-bits", "48"), new IommuPlatform(memory, this));
        pipeline = new FaultPipeline(new PipelineSettings("stress", slots, mode), unit, account, FaultObserver.NONE);
        store(ROOT, CONTEXTS | 1);
        store(CONTEXTS + 16 * REQUESTER, TABLES | 1);
        store(CONTEXTS + 16 * REQUESTER + 8, 1 << 8 | 2);
        for (int level = 0; level < 3; level++) {
            store(TABLES + 0x1000L * level, TABLES + 0x1000L * (level + 1) | 3);
        }
        unit.write(0x3C, 4, 0x41);
        unit.write(0x40, 4, 0xFEE0_0000L);
        unit.write(0x38, 4, 0);
        unit.write(0x90, 8, QUEUE);
        unit.write(0x20, 8, ROOT);
        unit.write(0x18, 4, 1L << 26);
        unit.write(0x18, 4, 1L << 26 | 1L << 30);
        unit.write(0x18, 4, 1L << 26 | 1L << 31);
    }

    void store(final long address, final long word) {
        WORD.setRelease(ram, address, word);
    }

    long load(final long address) {
        return (long) WORD.getAcquire(ram, address);
    }

    /** Maps input page 0, or nothing for 0. */
    void map(final long page) {
        store(TABLES + 0x3000, page == 0 ? 0 : page | 3);
    }

    /** One vCPU's descriptors: a global IOTLB invalidation, and a wait that is waited for. */
    void invalidateAndWait() {
        post(2 | 1 << 4, 0);
        await();
    }

    void await() {
        final long status = postWait();
        while ((load(STATUS) & 0xFFFF_FFFFL) != status) {
            Thread.yield();
        }
    }

    /** Posts a wait, and says which status will tell that it is done. */
    long postWait() {
        final long status = ++waits & 0xFFFF_FFFFL;
        post(5 | 1 << 5 | status << 32, STATUS);
        return status;
    }

    boolean done(final long status) {
        return (load(STATUS) & 0xFFFF_FFFFL) == status;
    }

    private void post(final long word0, final long word1) {
        final long tail = unit.read(0x88, 8);
        store(QUEUE + tail, word0);
        store(QUEUE + tail + 8, word1);
        unit.write(0x88, 8, tail + 16 & TAIL);
    }

    private long records() {
        return (unit.read(8, 8) >>> 24 & 0x3FF) * 16;
    }

    /** Fault records that have F set. */
    int pending() {
        int pending = 0;
        for (int i = 0; i < 8; i++) {
            pending += unit.read(records() + 16L * i + 12, 4) < 0x8000_0000L ? 0 : 1;
        }
        return pending;
    }

    boolean primaryFaultPending() {
        return (unit.read(0x34, 4) & 2) != 0;
    }

    /** What a driver's handler does: takes all records in order, then clears the status. */
    int takeFaults() {
        int taken = 0;
        int index = (int) (unit.read(0x34, 4) >>> 8 & 0xFF);
        while (taken < 16 && unit.read(records() + 16L * index + 12, 4) >= 0x8000_0000L) {
            unit.write(records() + 16L * index + 12, 4, 0x8000_0000L);
            index = index + 1 & 7;
            taken++;
        }
        unit.write(0x34, 4, 1);
        return taken;
    }

    static FaultRecord fault(final FaultRecord record) {
        return record.kind(FaultKind.VTD_FAULT).guestDevice(REQUESTER).asReported(true).word(0, 0x1000)
                .word(1, 5L << 32 | REQUESTER);
    }

    int access(final DmaSession session) {
        return session.translate(REQUESTER, DmaSession.NO_PASID, 0x10, DmaSession.READ);
    }

    @Override
    public boolean message(final long address, final int data) {
        interrupts.incrementAndGet();
        onInterrupt.run();
        return true;
    }

    @Override
    public void line(final int line, final boolean level) {
        // a unit has no wires
    }

    @Override
    public void close() {
        pipeline.close();
    }
}
