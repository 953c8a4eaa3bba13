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

package io.viommu.bench.smmu;

import java.util.Map;

import io.viommu.bench.tables.AddressSpace;
import io.viommu.bench.tables.TableMemory;
import io.viommu.bench.tables.TranslatingGuest;
import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultObserver;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaSession;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * A guest with a virtual SMMUv3: stream table, a context descriptor and ASID of its own for each stream, Command and
 * Event queue. All streams share the tables of one address space. Registers and structures: IHI 0070, chapters 5 and 6.
 */
public final class StreamGuest implements TranslatingGuest, InterruptSink {

    /** STE.Config of stage 1 alone. */
    public static final int STAGE_1 = 5;
    /** STE.Config of both stages. */
    public static final int NESTED = 7;
    static final int COMMANDS = 256;

    private static final int CR0 = 0x20;
    private static final int CR0_ALL = 1 | 1 << 2 | 1 << 3;
    private static final int IRQ_CTRL = 0x50;
    private static final int STRTAB_BASE = 0x80;
    private static final int STRTAB_BASE_CFG = 0x88;
    private static final int CMDQ_BASE = 0x90;
    private static final int CMDQ_PROD = 0x98;
    private static final int CMDQ_CONS = 0x9C;
    private static final int EVENTQ_BASE = 0xA0;
    private static final int EVENTQ_PROD = 0x100A8;
    private static final int EVENTQ_CONS = 0x100AC;
    private static final int LOG2_QUEUE = 8;
    private static final int ENTRY = 64;
    private static final int INDEX_AND_WRAP = 2 * COMMANDS - 1;

    /** 48 bits, 4 KiB, lower half only; R, A, AA64. */
    private static final long CONTEXT_0 = 16 | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | 1L << 45 | 1L << 46;
    /** 48 bits from level 0, 4 KiB, AA64. */
    private static final long STREAM_2 = 16L << 32 | 2L << 38 | 5L << 48 | 1L << 51;

    /** A page for users, accessed, not global. */
    private static final long LEAF_1 = 0xF43;
    /** A page, readable and writable, accessed, normal memory. */
    private static final long LEAF_2 = 0x7FF;
    private static final long TABLE = 3;

    private final TableMemory memory;
    private final AddressSpace stage1;
    /** Or null. */
    private final AddressSpace stage2;
    private final VirtualIommu iommu;
    private final FaultPipeline pipeline;
    private final long commandQueue;
    private int produced;
    private int consumed;
    private long events;

    /**
     * Makes the guest.
     *
     * @param ramBytes its memory.
     * @param streams  how many streams, from 0 on.
     * @param config   {@link #STAGE_1} or {@link #NESTED}.
     */
    public StreamGuest(final long ramBytes, final int streams, final int config) {
        memory = new TableMemory(ramBytes);
        stage1 = new AddressSpace(memory, TABLE, LEAF_1);
        stage2 = config == NESTED ? new AddressSpace(memory, TABLE, LEAF_2) : null;
        iommu = IommuModels.create("smmuv3", Map.of(), new IommuPlatform(memory.memory(), this));
        pipeline = new FaultPipeline(PipelineSettings.named("bench").mode(InjectorMode.RUN_TO_COMPLETION), iommu,
                new FaultAccount(CounterFile.inMemory(), "bench"), FaultObserver.NONE);
        final int log2 = Integer.SIZE - Integer.numberOfLeadingZeros(streams - 1);
        final long table = memory.allocate((long) ENTRY << Math.max(log2, 6));
        for (int i = 0; i < streams; i++) {
            final long context = memory.allocate(ENTRY);
            memory.store(context, CONTEXT_0 | (long) i << 48, stage1.root());
            memory.store(table + (long) i * ENTRY, 1 | (long) config << 1 | context, 0,
                    stage2 == null ? 0 : STREAM_2, stage2 == null ? 0 : stage2.root());
        }
        iommu.write(STRTAB_BASE, 8, table);
        iommu.write(STRTAB_BASE_CFG, 4, log2);
        commandQueue = memory.allocate(COMMANDS * 16L);
        iommu.write(CMDQ_BASE, 8, commandQueue | LOG2_QUEUE);
        iommu.write(EVENTQ_BASE, 8, memory.allocate(32L << LOG2_QUEUE) | LOG2_QUEUE);
        iommu.write(IRQ_CTRL, 4, 1 << 2);
        iommu.write(CR0, 4, CR0_ALL);
    }

    @Override
    public TableMemory memory() {
        return memory;
    }

    @Override
    public AddressSpace space() {
        return stage1;
    }

    @Override
    public AddressSpace outer() {
        return stage2;
    }

    @Override
    public DmaSession openSession() {
        return ((DmaTranslator) iommu).openSession();
    }

    /** Puts a command into the queue. */
    void command(final long word0, final long word1) {
        memory.store(commandQueue + (produced & COMMANDS - 1) * 16L, word0, word1);
        produced = produced + 1 & INDEX_AND_WRAP;
    }

    /** Tells the SMMU of the same commands as before, that still lie in the queue. */
    void repeat(final int count) {
        produced = produced + count & INDEX_AND_WRAP;
        ring();
    }

    /** Tells the SMMU of the commands; it has executed them when this returns. */
    void ring() {
        iommu.write(CMDQ_PROD, 4, produced);
    }

    void checkCommands() {
        if (iommu.read(CMDQ_CONS, 4) != produced) {
            throw new IllegalStateException("CMDQ_CONS is 0x" + Long.toHexString(iommu.read(CMDQ_CONS, 4)));
        }
    }

    @Override
    public boolean message(final long address, final int data) {
        takeEvents();
        return true;
    }

    @Override
    public void line(final int line, final boolean level) {
        if (level) {
            takeEvents();
        }
    }

    private void takeEvents() {
        final int prod = (int) iommu.read(EVENTQ_PROD, 4);
        events += prod - consumed & INDEX_AND_WRAP;
        consumed = prod & INDEX_AND_WRAP;
        iommu.write(EVENTQ_CONS, 4, prod);
    }

    @Override
    public long faults() {
        return events;
    }

    @Override
    public int faultBytes() {
        return 32;
    }

    @Override
    public void close() {
        pipeline.close();
    }
}
