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

package io.viommu.vmm.vfiouser;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Follows a guest's command queue (IHI 0070, 4) or invalidation queue (VT-d, 6.5.2) by the registers that the guest
 * writes, and fetches what it has posted. Not for several threads at once.
 *
 * <pre>
 *  SMMUv3  CR0         0x20 [3] CMDQEN             VT-d  GCMD_REG  0x18 [26] QIE
 *          CMDQ_BASE   0x90 [4:0] log2 [51:5]            IQA_REG   0x90 [2:0] QS [11] DW [63:12] address
 *          CMDQ_PROD   0x98 index and wrap bit           IQT_REG   0x88 [18:4] tail in units of 16 bytes
 * </pre>
 */
public final class PostedCommands {

    private static final long SMMU_ENABLE = 0x20;
    private static final long VTD_ENABLE = 0x18;
    private static final long BASE = 0x90;
    private static final long SMMU_TAIL = 0x98;
    private static final long VTD_TAIL = 0x88;
    private static final long CMDQEN = 1 << 3;
    private static final long QIE = 1 << 26;
    private static final int ENTRY = 16;
    private static final long LOG2 = 0x1F;
    private static final long MOST_LOG2 = 19;
    private static final long SMMU_ADDRESS = 0x000F_FFFF_FFFF_FFE0L;
    private static final long QS = 7;
    private static final long DW = 1 << 11;
    private static final long PAGE = 4096;
    private static final long VTD_ADDRESS = 0x000F_FFFF_FFFF_F000L;
    private static final long VTD_TAIL_BITS = 0x7FFF0;

    private final boolean smmu;
    private final LongUnaryOperator memory;
    private boolean enabled;
    private long base;
    private long position;

    /**
     * Begins as after a reset.
     *
     * @param smmu   whether the queue is that of an SMMUv3; else of a VT-d unit.
     * @param memory gives the 8 bytes at a guest physical address, little endian.
     */
    public PostedCommands(final boolean smmu, final LongUnaryOperator memory) {
        this.smmu = smmu;
        this.memory = memory;
    }

    /** As after a reset. */
    void reset() {
        enabled = false;
        base = 0;
        position = 0;
    }

    /**
     * Takes note of a register write.
     *
     * @param offset of the register.
     * @param size   4 or 8 bytes.
     * @param value  that is written.
     * @return the words of each command that this write posts; mostly none.
     */
    public List<long[]> written(final long offset, final int size, final long value) {
        if (offset == (smmu ? SMMU_ENABLE : VTD_ENABLE)) {
            enabled = (value & (smmu ? CMDQEN : QIE)) != 0;
        } else if (offset == BASE) {
            base = size == Long.BYTES ? value : base >>> Integer.SIZE << Integer.SIZE | value & 0xFFFF_FFFFL;
        } else if (offset == BASE + Integer.BYTES) {
            base = base & 0xFFFF_FFFFL | value << Integer.SIZE;
        } else if (offset == (smmu ? SMMU_TAIL : VTD_TAIL)) {
            return moved(smmu ? (value & 2 * bytes() / ENTRY - 1) * ENTRY : value & VTD_TAIL_BITS & bytes() - 1);
        }
        return List.of();
    }

    /**
     * A command as a trace has it.
     *
     * @param words of the command.
     * @return {@code command} and the words, hexadecimal.
     */
    public static String line(final long... words) {
        return "command " + LongStream.of(words).mapToObj(Long::toHexString).collect(Collectors.joining(" "));
    }

    /** The size of the ring. */
    private long bytes() {
        return smmu ? (long) ENTRY << Math.min(base & LOG2, MOST_LOG2) : PAGE << (base & QS);
    }

    private List<long[]> moved(final long tail) {
        final List<long[]> commands = new ArrayList<>();
        if (enabled) {
            final int entry = !smmu && (base & DW) != 0 ? 2 * ENTRY : ENTRY;
            final long address = base & (smmu ? SMMU_ADDRESS : VTD_ADDRESS);
            // The index of an SMMU has a wrap bit, so that a full queue is not an empty one.
            final long left = tail - position & (smmu ? 2 * bytes() : bytes()) - 1;
            for (long at = 0; at < Math.min(left, bytes()); at += entry) {
                final long[] words = new long[entry / Long.BYTES];
                for (int i = 0; i < words.length; i++) {
                    words[i] = memory.applyAsLong(address + (position + at & bytes() - 1) + (long) i * Long.BYTES);
                }
                commands.add(words);
            }
        }
        position = tail;
        return commands;
    }
}
