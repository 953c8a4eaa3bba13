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
package io.viommu.smmu.config;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.StreamTableDescriptorLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;

/**
 * Finds, checks and decodes stream table entries, in linear and two-level tables (IHI 0070, 3.3.1, 5.1, 6.3.24). One
 * instance belongs to one thread.
 */
public final class StreamTable {

    /** STRTAB_BASE.ADDR, bits 51 to 6. */
    private static final long BASE = 0x000F_FFFF_FFFF_FFC0L;
    private static final int GREATEST_SPAN = 11;

    private final GuestMemory memory;
    private final StreamTableEntry entry = new StreamTableEntry();
    private final UnsafeBuffer descriptor = new UnsafeBuffer(
            ByteBuffer.allocateDirect(StreamTableDescriptorLayout.LENGTH));
    private long entryAddress;

    /**
     * Makes the look-up of one thread.
     *
     * @param memory where stream tables lie; stream table addresses are never translated.
     */
    public StreamTable(final GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Looks a stream up.
     *
     * @param context  the registers.
     * @param streamId the stream.
     * @param into     filled if the entry is valid.
     * @param fault    filled otherwise.
     * @return {@link SmmuFault#NONE}, {@link SmmuFault#SILENT} for an entry that aborts, or C_BAD_STREAMID, F_STE_FETCH
     *         or C_BAD_STE.
     */
    public int lookup(final SmmuContext context, final int streamId, final StreamConfiguration into,
            final SmmuFault fault) {
        final int found = find(context, streamId, fault);
        if (found != SmmuFault.NONE) {
            return found;
        }
        if (memory.read(entryAddress, entry.bytes(), 0, StreamTableEntryLayout.LENGTH) != GuestMemory.OK) {
            return fault.fetch(EventLayout.F_STE_FETCH, EventLayout.CLASS_CD, false, entryAddress);
        }
        entry.loaded();
        final SteRule broken = SteRule.firstBroken(entry, context.capabilities());
        if (broken != null) {
            return fault.illegal(EventLayout.C_BAD_STE, broken);
        }
        if (!entry.passes()) {
            return fault.configuration(SmmuFault.SILENT);
        }
        into.decode(entry, context);
        return SmmuFault.NONE;
    }

    /**
     * A word of the entry that was read last.
     *
     * @param index 0 to 3.
     * @return the word as the guest wrote it.
     */
    public long word(final int index) {
        return entry.word(index);
    }

    /** Leaves the entry's address in {@link #entryAddress}. */
    private int find(final SmmuContext context, final int streamId, final SmmuFault fault) {
        final long stream = streamId & 0xFFFF_FFFFL;
        final int log2Size = context.streamTableLog2Size();
        final int bits = Math.min(log2Size, context.capabilities().streamIdBits());
        if (stream >>> bits != 0) {
            return fault.configuration(EventLayout.C_BAD_STREAMID);
        }
        final long reach = (1L << context.capabilities().outputBits()) - 1;
        final long base = context.streamTableBase() & BASE & reach;
        if (!context.twoLevelStreamTable()) {
            final long table = align(base, log2Size + StreamTableEntryLayout.LENGTH_SHIFT);
            entryAddress = table + (stream << StreamTableEntryLayout.LENGTH_SHIFT) & reach;
            return SmmuFault.NONE;
        }
        return findInTwoLevels(context, stream, base, reach, fault);
    }

    private int findInTwoLevels(final SmmuContext context, final long stream, final long base, final long reach,
            final SmmuFault fault) {
        final int split = context.streamTableSplit();
        final int levelOneBits = context.streamTableLog2Size() - split;
        final long table = align(base, Math.max(6, levelOneBits + StreamTableDescriptorLayout.LENGTH_SHIFT));
        final long at = table + (stream >>> split << StreamTableDescriptorLayout.LENGTH_SHIFT) & reach;
        if (memory.read(at, descriptor, 0, StreamTableDescriptorLayout.LENGTH) != GuestMemory.OK) {
            return fault.fetch(EventLayout.F_STE_FETCH, EventLayout.CLASS_CD, false, at);
        }
        final long word = descriptor.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final int span = (int) (word & StreamTableDescriptorLayout.SPAN);
        final long index = stream & (1L << split) - 1;
        if (span == 0 || span > GREATEST_SPAN || span > split + 1 || index >>> span - 1 != 0) {
            return fault.configuration(EventLayout.C_BAD_STREAMID);
        }
        final long leaf = align(word & StreamTableDescriptorLayout.L2PTR,
                StreamTableEntryLayout.LENGTH_SHIFT + span - 1);
        entryAddress = leaf + (index << StreamTableEntryLayout.LENGTH_SHIFT) & reach;
        return SmmuFault.NONE;
    }

    /** Tables are aligned to their size by the SMMU: lower bits of a base are ignored. */
    private static long align(final long address, final int shift) {
        return shift >= Long.SIZE ? 0 : address & -1L << shift;
    }
}
