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

package io.viommu.bench.vtd;

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
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * A guest with a VT-d unit: root table, a context entry for each requester, one address space for all, invalidation and
 * page request queue, and handlers for their interrupts. Registers and structures: VT-d, chapters 9 and 11.
 */
public final class RequesterGuest implements TranslatingGuest, InterruptSink {

    static final int DOMAIN = 7;
    static final int PASID = 5;

    private static final int GCMD = 0x18;
    private static final int GSTS = 0x1C;
    private static final int GSTS_ONE_SHOTS = 0x96FF_FFFF;
    private static final int RTADDR = 0x20;
    private static final int FSTS = 0x34;
    private static final int FECTL = 0x38;
    private static final int FEDATA = 0x3C;
    private static final int FEADDR = 0x40;
    private static final int IQH = 0x80;
    private static final int IQT = 0x88;
    private static final int IQA = 0x90;
    private static final int PQH = 0xC0;
    private static final int PQT = 0xC8;
    private static final int PQA = 0xD0;
    private static final int PRS = 0xDC;
    private static final int PECTL = 0xE0;
    private static final int PEDATA = 0xE4;
    private static final int PEADDR = 0xE8;
    private static final int FAULT_VECTOR = 0x41;
    private static final int PAGE_VECTOR = 0x42;
    private static final long DOORBELL = 0xFEE0_0000L;
    private static final long ROOT_POINTER = 1L << 30;
    private static final long TRANSLATION = 1L << 31;
    private static final long QUEUED_INVALIDATION = 1L << 26;
    private static final long FAULT_PENDING = 0x8000_0000L;
    private static final int QUEUE = 4096;
    private static final int REQUEST = 32;
    private static final int FUNCTIONS = 256;

    /** A page for users, writable, accessed, dirty. */
    private static final long LEAF_1 = 0x67;
    private static final long TABLE_1 = 0x27;
    private static final long READ_WRITE = 3;
    private static final int RESPONSE = 9;

    private final TableMemory memory;
    private final AddressSpace space;
    private final AddressSpace outer;
    private final Mode mode;
    private final VirtualIommu iommu;
    private final FaultPipeline pipeline;
    private final long records;
    private final int recordCount;
    private final long invalidations;
    private final int descriptor;
    private final long requests;
    private int tail;
    private long faults;
    private long pages;

    /**
     * Makes the guest.
     *
     * @param ramBytes   its memory.
     * @param requesters how many requesters, from 0 on.
     * @param mode       how their requests are translated.
     * @param host       takes answers to page requests.
     */
    public RequesterGuest(final long ramBytes, final int requesters, final Mode mode, final HostIommu host) {
        this.mode = mode;
        memory = new TableMemory(ramBytes);
        space = mode.scalable()
                ? new AddressSpace(memory, TABLE_1, LEAF_1)
                : new AddressSpace(memory, READ_WRITE, READ_WRITE);
        outer = mode == Mode.NESTED ? new AddressSpace(memory, READ_WRITE, READ_WRITE) : null;
        iommu = IommuModels.create("intel-iommu", Map.of(), new IommuPlatform(memory.memory(), this, host));
        pipeline = new FaultPipeline(PipelineSettings.named("bench").mode(InjectorMode.RUN_TO_COMPLETION), iommu,
                new FaultAccount(CounterFile.inMemory(), "bench"), FaultObserver.NONE);
        final long capability = iommu.read(8, 8);
        records = (capability >>> 24 & 0x3FF) * 16;
        recordCount = (int) (capability >>> 40 & 0xFF) + 1;
        iommu.write(FEDATA, 4, FAULT_VECTOR);
        iommu.write(FEADDR, 4, DOORBELL);
        iommu.write(FECTL, 4, 0);
        iommu.write(RTADDR, 8, roots(requesters) | (long) mode.tables() << 10);
        command(ROOT_POINTER);
        descriptor = mode.scalable() ? 32 : 16;
        invalidations = memory.allocate(QUEUE);
        iommu.write(IQA, 8, invalidations | (mode.scalable() ? 1 << 11 : 0));
        command(QUEUED_INVALIDATION);
        requests = memory.allocate(QUEUE);
        iommu.write(PQA, 8, requests);
        iommu.write(PEDATA, 4, PAGE_VECTOR);
        iommu.write(PEADDR, 4, DOORBELL);
        iommu.write(PECTL, 4, 0);
        command(TRANSLATION);
    }

    private void command(final long bit) {
        iommu.write(GCMD, 4, iommu.read(GSTS, 4) & GSTS_ONE_SHOTS & 0xFFFF_FFFFL | bit);
    }

    private long roots(final int requesters) {
        final long roots = memory.allocate(AddressSpace.PAGE);
        final long directory = mode.scalable() ? directory() : 0;
        final int entry = mode.scalable() ? 32 : 16;
        for (int bus = 0; bus * FUNCTIONS < requesters; bus++) {
            final long contexts = memory.allocate((long) entry * FUNCTIONS);
            memory.store(roots + bus * 16L, contexts | 1, mode.scalable() ? contexts + AddressSpace.PAGE | 1 : 0);
            for (int i = 0; i < Math.min(FUNCTIONS, requesters - bus * FUNCTIONS); i++) {
                final long at = contexts + (long) i * entry;
                if (mode.scalable()) {
                    memory.store(at, directory | 7 << 9 | 1 << 4 | 1 << 3 | 1 << 2 | 1);
                } else {
                    memory.store(at, space.root() | 1, 2 | DOMAIN << 8);
                }
            }
        }
        return roots;
    }

    /** PASID 0, of requests without, and {@link #PASID}. */
    private long directory() {
        final long directory = memory.allocate(AddressSpace.PAGE * 32);
        final long table = memory.allocate(AddressSpace.PAGE);
        memory.store(directory, table | 1);
        final long second = outer == null ? 0 : outer.root() | 2 << 2;
        for (final int pasid : new int[]{ 0, PASID }) {
            memory.store(table + pasid * 64L, second | (long) mode.type() << 6 | 1, DOMAIN | 1 << 23, space.root());
        }
        return directory;
    }

    @Override
    public TableMemory memory() {
        return memory;
    }

    @Override
    public AddressSpace space() {
        return space;
    }

    @Override
    public AddressSpace outer() {
        return outer;
    }

    @Override
    public DmaSession openSession() {
        return ((DmaTranslator) iommu).openSession();
    }

    FaultPipeline pipeline() {
        return pipeline;
    }

    /** Descriptors that the queue holds. */
    int capacity() {
        return QUEUE / descriptor;
    }

    /** Puts a descriptor into the queue. */
    void descriptor(final long word0, final long word1) {
        memory.store(invalidations + tail, word0);
        memory.store(invalidations + tail + Long.BYTES, word1);
        tail = tail + descriptor & QUEUE - 1;
    }

    /** Tells the unit of the same descriptors as before, that still lie in the queue. */
    void repeat(final int count) {
        tail = tail + count * descriptor & QUEUE - 1;
        ring();
    }

    /** Tells the unit of the descriptors; it has executed them when this returns. */
    void ring() {
        iommu.write(IQT, 8, tail);
    }

    void checkDescriptors() {
        if (iommu.read(IQH, 8) != tail || (iommu.read(FSTS, 4) & 0x70) != 0) {
            throw new IllegalStateException("IQH is 0x" + Long.toHexString(iommu.read(IQH, 8)) + ", FSTS 0x"
                    + Long.toHexString(iommu.read(FSTS, 4)));
        }
    }

    @Override
    public boolean message(final long address, final int data) {
        if (data == FAULT_VECTOR) {
            takeFaults();
        } else {
            answerPageRequests();
        }
        return true;
    }

    @Override
    public void line(final int line, final boolean level) {
        throw new IllegalStateException("VT-d has no wires");
    }

    /** As a fault handler does: read each pending record, clear it, clear what is left in FSTS. */
    private void takeFaults() {
        int index = (int) (iommu.read(FSTS, 4) >>> 8) & 0xFF;
        while (true) {
            final long at = records + index * 16L;
            if ((iommu.read(at + 12, 4) & FAULT_PENDING) == 0) {
                break;
            }
            iommu.read(at, 8);
            iommu.read(at + 8, 4);
            iommu.write(at + 12, 4, FAULT_PENDING);
            faults++;
            index = index + 1 == recordCount ? 0 : index + 1;
        }
        iommu.write(FSTS, 4, 1);
    }

    /** Answers each request with success. */
    private void answerPageRequests() {
        iommu.write(PRS, 4, 1);
        final long end = iommu.read(PQT, 8);
        long at = iommu.read(PQH, 8);
        while (at != end) {
            final long word0 = memory.load(requests + at);
            final long word1 = memory.load(requests + at + 8);
            final long requester = word0 >>> 16 & 0xFFFF;
            descriptor(RESPONSE | 1 << 4 | requester << 16 | (word0 >>> 32 & 0xF_FFFF) << 32, word1 & 0xFF8);
            pages++;
            at = at + REQUEST & QUEUE - 1;
        }
        iommu.write(PQH, 8, at);
        ring();
    }

    @Override
    public long faults() {
        return faults;
    }

    /** Page requests that the guest answered. */
    long pages() {
        return pages;
    }

    @Override
    public int faultBytes() {
        return 16;
    }

    @Override
    public void close() {
        pipeline.close();
    }
}
