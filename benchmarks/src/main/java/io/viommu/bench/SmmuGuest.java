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

package io.viommu.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestRam;

/**
 * The least guest that keeps the event queue of a virtual SMMUv3 going: it enables queue and interrupt, and at each
 * interrupt takes all events there are, by setting CONS to PROD. The benchmarks' C guest does the same. Registers: IHI
 * 0070, chapter 6.
 */
public final class SmmuGuest implements InterruptSink {

    /** Stands behind the guest's interrupt. */
    public interface Irq {

        /** Does nothing. */
        Irq NONE = new Irq() {
            @Override
            public void raise() {
                // nobody waits
            }

            @Override
            public void served(final long from, final long to) {
                // nobody counts
            }
        };

        /** The interrupt was raised; the guest has not looked yet. */
        void raise();

        /**
         * The guest has taken its events.
         *
         * @param from number of the first event, from 0.
         * @param to   number after the last.
         */
        void served(long from, long to);
    }

    /** The StreamID of the one device. */
    public static final int STREAM = 7;
    /** Log2 of the entries of the event queue. */
    public static final int LOG2_ENTRIES = 12;
    /** Entries of the event queue. */
    public static final int ENTRIES = 1 << LOG2_ENTRIES;
    /** Bytes of an event. */
    public static final int EVENT_LENGTH = 32;

    private static final long RAM_BASE = 0x4000_0000L;
    private static final int CR0 = 0x20;
    private static final int CR0_SMMUEN_EVENTQEN = 1 | 1 << 2;
    private static final int IRQ_CTRL = 0x50;
    private static final int IRQ_CTRL_EVENTQ = 1 << 2;
    private static final int EVENTQ_BASE = 0xA0;
    private static final int EVENTQ_PROD = 0x100A8;
    private static final int EVENTQ_CONS = 0x100AC;
    private static final int INDEX_AND_WRAP = 2 * ENTRIES - 1;

    private final MemorySegment ram = Arena.ofAuto().allocate((long) ENTRIES * EVENT_LENGTH, 1 << LOG2_ENTRIES + 5);
    private final Irq irq;
    private final VirtualIommu iommu;
    private int consumed;
    private long events;
    private long interrupts;

    /**
     * Makes model and guest.
     *
     * @param irq what signals the guest.
     */
    public SmmuGuest(final Irq irq) {
        this.irq = irq;
        final GuestRam memory = new GuestRam();
        memory.addRegion(RAM_BASE, ram);
        iommu = IommuModels.create("smmuv3", Map.of(), new IommuPlatform(memory, this));
        iommu.write(EVENTQ_BASE, 8, RAM_BASE | LOG2_ENTRIES);
        iommu.write(IRQ_CTRL, 4, IRQ_CTRL_EVENTQ);
        iommu.write(CR0, 4, CR0_SMMUEN_EVENTQEN);
    }

    /**
     * The device model.
     *
     * @return the model, with queue and interrupt enabled.
     */
    public VirtualIommu iommu() {
        return iommu;
    }

    @Override
    public boolean message(final long address, final int data) {
        interrupt();
        return true;
    }

    @Override
    public void line(final int line, final boolean level) {
        if (level) {
            interrupt();
        }
    }

    private void interrupt() {
        irq.raise();
        interrupts++;
        final int produced = (int) iommu.read(EVENTQ_PROD, 4);
        final long before = events;
        events = before + (produced - consumed & INDEX_AND_WRAP);
        consumed = produced & INDEX_AND_WRAP;
        iommu.write(EVENTQ_CONS, 4, produced);
        irq.served(before, events);
    }

    /**
     * Events that the guest took. Read it on the thread that injects, or when that is idle.
     *
     * @return since the start.
     */
    public long events() {
        return events;
    }

    /**
     * Interrupts that the guest took. Read it on the thread that injects, or when that is idle.
     *
     * @return since the start.
     */
    public long interrupts() {
        return interrupts;
    }

    /**
     * The guest's event queue, as it lies in memory.
     *
     * @return a view of {@link #ENTRIES} events.
     */
    public UnsafeBuffer queue() {
        return new UnsafeBuffer(ram.address(), (int) ram.byteSize());
    }

    /**
     * Fills a record with a write that found no translation.
     *
     * @param record  claimed and cleared.
     * @param address where the device wrote.
     */
    public static void fill(final FaultRecord record, final long address) {
        record.kind(FaultKind.GENERIC).asReported(true)
                .word(0, GenericFault.REASON_PTE_FETCH | (long) GenericFault.FLAG_ADDR_VALID << Integer.SIZE)
                .word(1, GenericFault.PERM_WRITE).word(2, address);
    }
}
