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
import io.viommu.smmu.SmmuV3;

/** An SMMUv3 with a pipeline, one stream of stage 1 and a guest's memory, for two threads to fight over. */
final class SmmuRing implements InterruptSink, AutoCloseable {

    static final int STREAM = 8;
    static final long RAM = 0x4000_0000L;
    static final long CMDQ = RAM + 0x1_0000;
    static final long EVENTQ = RAM + 0x2_0000;
    static final long PAGE_A = RAM + 0x8_0000;
    static final long PAGE_B = RAM + 0x9_0000;
    private static final long STREAMS = RAM + 0x4_0000;
    private static final long CONTEXT = RAM + 0x5_0000;
    private static final long TABLES = RAM + 0x6_0000;
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
    private static final int COMMANDS = 0x7F;

    final SmmuV3 smmu;
    final FaultPipeline pipeline;
    final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "stress");
    final AtomicInteger interrupts = new AtomicInteger();
    volatile Runnable onInterrupt = () -> {
    };
    private final GuestRam memory = new GuestRam();
    private final MemorySegment ram = Arena.ofAuto().allocate(1 << 20, 4096);

    SmmuRing(final InjectorMode mode, final int slots) {
        memory.addRegion(RAM, ram);
        smmu = (SmmuV3) IommuModels.create("smmuv3", Map.of(), new IommuPlatform(memory, this));
        pipeline = new FaultPipeline(new PipelineSettings("stress", slots, mode), smmu, account, FaultObserver.NONE);
        store(STREAMS + 64 * STREAM, 1 | 5L << 1 | CONTEXT);
        store(CONTEXT, 25 | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | 1L << 45 | 1L << 46 | 1L << 48);
        store(CONTEXT + 8, TABLES);
        store(TABLES, TABLES + 0x1003);
        store(TABLES + 0x1000, TABLES + 0x2003);
        boot();
    }

    /** Everything on, queues of 64 commands and 16 events, all empty. */
    void boot() {
        smmu.reset();
        smmu.write(0x80, 8, STREAMS);
        smmu.write(0x88, 4, 6);
        smmu.write(0x90, 8, CMDQ | 6);
        smmu.write(0xA0, 8, EVENTQ | 4);
        smmu.write(0x50, 4, 7);
        smmu.write(0x20, 4, 0xD);
        interrupts.set(0);
    }

    void store(final long address, final long word) {
        WORD.setRelease(ram, address - RAM, word);
    }

    long load(final long address) {
        return (long) WORD.getAcquire(ram, address - RAM);
    }

    /** Maps input page 0, or nothing for 0. */
    void map(final long page) {
        store(TABLES + 0x2000, page == 0 ? 0 : page | 0x743);
    }

    int read(final int register) {
        return (int) smmu.read(register, 4);
    }

    void write(final int register, final int value) {
        smmu.write(register, 4, value & 0xFFFF_FFFFL);
    }

    /** Puts a command at an index of the queue; nothing sees it before CMDQ_PROD moves. */
    void place(final int index, final long word0, final long word1) {
        store(CMDQ + 16L * (index & 0x3F), word0);
        store(CMDQ + 16L * (index & 0x3F) + 8, word1);
    }

    /** One vCPU's commands: placed, posted, and waited for by CMD_SYNC. */
    void invalidateAndSync() {
        final int prod = read(0x98);
        place(prod, 0x12 | 1L << 48, 0);
        place(prod + 1, 0x46, 0);
        write(0x98, prod + 2 & COMMANDS);
        while (read(0x9C) != (prod + 2 & COMMANDS)) {
            Thread.yield();
        }
    }

    void sync() {
        final int prod = read(0x98);
        place(prod, 0x46, 0);
        write(0x98, prod + 1 & COMMANDS);
        while (read(0x9C) != (prod + 1 & COMMANDS)) {
            Thread.yield();
        }
    }

    int prod() {
        return read(0x100A8) & 0x1F;
    }

    static FaultRecord event(final FaultRecord record, final long address) {
        return record.kind(FaultKind.SMMU_EVENT).guestDevice(STREAM).asReported(true).word(0, 0x10)
                .word(1, 1L << 35 | 2L << 40).word(2, address).word(3, 0);
    }

    int access(final DmaSession session, final long address) {
        return session.translate(STREAM, DmaSession.NO_PASID, address, DmaSession.READ);
    }

    @Override
    public boolean message(final long address, final int data) {
        line(0, true);
        return true;
    }

    @Override
    public void line(final int line, final boolean level) {
        if (level) {
            interrupts.incrementAndGet();
            onInterrupt.run();
        }
    }

    @Override
    public void close() {
        pipeline.close();
    }
}
