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

import io.viommu.smmu.register.SmmuCapabilities;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.iommu.DmaSession;
import io.viommu.smmu.spec.ContextDescriptorLayout;
import io.viommu.smmu.spec.ContextTableDescriptorLayout;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;

/**
 * Decides which context descriptor a transaction uses, finds, checks and decodes it (IHI 0070, 5.2 S1CDMax, S1Fmt and
 * S1DSS, 5.3, 5.4, 7.3.9). One instance belongs to one thread.
 */
public final class ContextTable {

    private final ContextMemory memory;
    private final ContextDescriptor context = new ContextDescriptor();
    private final UnsafeBuffer pointer = new UnsafeBuffer(
            ByteBuffer.allocateDirect(ContextTableDescriptorLayout.LENGTH));
    private long contextAddress;

    /**
     * Makes the look-up of one thread.
     *
     * @param memory where context descriptors are read from.
     */
    public ContextTable(final ContextMemory memory) {
        this.memory = memory;
    }

    /**
     * Completes a stream's configuration for one substream.
     *
     * @param capabilities what the SMMU offers.
     * @param substreamId 20 bits, or {@link DmaSession#NO_PASID}.
     * @param stream      decoded by {@link StreamTable}; stage 1 is added, or marked as skipped.
     * @param fault       filled if there is one.
     * @return {@link SmmuFault#NONE}, or C_BAD_SUBSTREAMID, F_STREAM_DISABLED, a stage-2 fault of the fetch,
     *         F_CD_FETCH or C_BAD_CD.
     */
    public int lookup(final SmmuCapabilities capabilities, final int substreamId, final StreamConfiguration stream,
            final SmmuFault fault) {
        final int refused = admit(capabilities, substreamId, stream);
        if (refused != SmmuFault.NONE) {
            return fault.configuration(refused);
        }
        if (!stream.stage1()) {
            return SmmuFault.NONE;
        }
        final int index = substreamId == DmaSession.NO_PASID ? 0 : substreamId;
        final int found = find(capabilities, index, stream, fault);
        if (found != SmmuFault.NONE) {
            return found;
        }
        final int read = memory.read(stream, contextAddress, context.bytes(), ContextDescriptorLayout.LENGTH, fault);
        if (read != SmmuFault.NONE) {
            return read;
        }
        context.loaded();
        context.of(stream);
        final CdRule broken = CdRule.firstBroken(context, capabilities);
        if (broken != null) {
            return fault.illegal(EventLayout.C_BAD_CD, broken);
        }
        stream.decode(context, capabilities);
        return SmmuFault.NONE;
    }

    /** Whether the stream takes traffic with, or without, this SubstreamID; marks a stage 1 that is skipped. */
    private static int admit(final SmmuCapabilities capabilities, final int substreamId,
            final StreamConfiguration stream) {
        final int log2 = stream.contextLog2();
        if (substreamId != DmaSession.NO_PASID) {
            if (!stream.stage1Configured() || capabilities.substreamIdBits() == 0 || log2 == 0
                    || substreamId >>> log2 != 0) {
                return EventLayout.C_BAD_SUBSTREAMID;
            }
            return substreamId == 0 && stream.defaultSubstream() == StreamTableEntryLayout.S1DSS_SUBSTREAM_0
                    ? EventLayout.F_STREAM_DISABLED
                    : SmmuFault.NONE;
        }
        if (!stream.stage1Configured() || log2 == 0) {
            return SmmuFault.NONE;
        }
        switch (stream.defaultSubstream()) {
            case StreamTableEntryLayout.S1DSS_BYPASS :
                stream.skipStage1();
                return SmmuFault.NONE;
            case StreamTableEntryLayout.S1DSS_SUBSTREAM_0 :
                return SmmuFault.NONE;
            default :
                return EventLayout.F_STREAM_DISABLED;
        }
    }

    /** Leaves the descriptor's address in {@link #contextAddress}. */
    private int find(final SmmuCapabilities capabilities, final int index, final StreamConfiguration stream,
            final SmmuFault fault) {
        final int log2 = stream.contextLog2();
        final int format = log2 == 0 ? StreamTableEntryLayout.S1FMT_LINEAR : stream.contextFormat();
        if (format != StreamTableEntryLayout.S1FMT_4K_LEAVES && format != StreamTableEntryLayout.S1FMT_64K_LEAVES) {
            contextAddress = (stream.contextPointer() & -1L << log2 + ContextDescriptorLayout.LENGTH_SHIFT)
                    + ((long) index << ContextDescriptorLayout.LENGTH_SHIFT);
            return SmmuFault.NONE;
        }
        final int split = format == StreamTableEntryLayout.S1FMT_4K_LEAVES ? 6 : 10;
        final int tableShift = Math.max(6, log2 - split + ContextTableDescriptorLayout.LENGTH_SHIFT);
        final long at = (stream.contextPointer() & -1L << tableShift)
                + ((long) index >>> split << ContextTableDescriptorLayout.LENGTH_SHIFT);
        final int read = memory.read(stream, at, pointer, ContextTableDescriptorLayout.LENGTH, fault);
        if (read != SmmuFault.NONE) {
            return read;
        }
        final long word = pointer.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final long leaf = word & ContextTableDescriptorLayout.L2PTR
                & -1L << split + ContextDescriptorLayout.LENGTH_SHIFT;
        final int reach = stream.stage2() ? capabilities.intermediateBits() : capabilities.outputBits();
        if ((word & ContextTableDescriptorLayout.V) == 0 || leaf >>> reach != 0) {
            return fault.configuration(EventLayout.C_BAD_SUBSTREAMID);
        }
        contextAddress = leaf + ((long) (index & (1 << split) - 1) << ContextDescriptorLayout.LENGTH_SHIFT);
        return SmmuFault.NONE;
    }
}
