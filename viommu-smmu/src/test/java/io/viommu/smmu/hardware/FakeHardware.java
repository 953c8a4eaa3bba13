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
package io.viommu.smmu.hardware;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntConsumer;

import org.agrona.DirectBuffer;

import io.viommu.iommu.NestedStreams;

/**
 * Hardware in memory that behaves as Linux's iommufd does for ARM_SMMUV3: refuses (EIO) entries and commands with a bit
 * that isn't for it, commands about a vSID without a vDEVICE, and attaching stage 1 without one; stops at the first
 * command that it refuses and says how many it did; is cut off rather than left on an old table.
 */
final class FakeHardware implements NestedStreams {

    private static final long STE_0 = 0xF80F_FFFF_FFFF_FFFFL;
    private static final long STE_1 = 0x3800_00FFL;

    /** What each stream is attached to, by the guest's StreamID: "abort", "bypass" or "s1 word0 word1". */
    final TreeMap<Integer, String> attached = new TreeMap<>();
    /** Every attachment, in order. */
    final List<String> attachments = new ArrayList<>();
    /** Every command that was done, in order. */
    final List<String> commands = new ArrayList<>();
    /** Calls of invalidate. */
    int calls;
    /** Devices whose vDEVICE is missing. */
    final Set<Integer> nameless = new HashSet<>();
    /** Streams that don't confirm ATC invalidations. */
    final Set<Integer> silent = new HashSet<>();
    /** Opcodes that the hardware doesn't have. */
    final Set<Integer> unknownOpcodes = new HashSet<>();
    int idr0 = NestedStreams.UNKNOWN;
    int idr1 = 16 | 10 << 6;
    int idr3 = 1 << 10 | 1 << 11;
    int idr5 = 5 | 7 << 4;
    private boolean timedOut;

    FakeHardware(final int... streams) {
        for (final int stream : streams) {
            attached.put(stream, "abort");
        }
    }

    @Override
    public boolean owns(final int streamId) {
        return attached.containsKey(streamId);
    }

    @Override
    public void forEach(final IntConsumer action) {
        new TreeSet<>(attached.keySet()).forEach(action::accept);
    }

    @Override
    public boolean install(final int streamId, final long word0, final long word1) {
        if (!attached.containsKey(streamId)) {
            return false;
        }
        final int config = (int) (word0 >>> 1) & 7;
        final boolean legal = (word0 & ~STE_0) == 0 && (word1 & ~STE_1) == 0 && (word1 >>> 28 & 3) < 2
                && (config == 0 || config == 4 || config == 5 && !nameless.contains(streamId));
        final String now = !legal || (word0 & 1) == 0 || config == 0
                ? "abort"
                : config == 4 ? "bypass" : String.format("s1 %x %x", word0, word1);
        attached.put(streamId, now);
        attachments.add(streamId + " " + now);
        return legal;
    }

    @Override
    public int invalidate(final DirectBuffer buffer, final int offset, final int count) {
        calls++;
        timedOut = false;
        for (int i = 0; i < count; i++) {
            final long word0 = buffer.getLong(offset + i * 16, ByteOrder.LITTLE_ENDIAN);
            final long word1 = buffer.getLong(offset + i * 16 + 8, ByteOrder.LITTLE_ENDIAN);
            if (!takes(word0, word1)) {
                return i;
            }
            commands.add(String.format("%x %x", word0, word1));
        }
        return count;
    }

    private boolean takes(final long word0, final long word1) {
        final int opcode = (int) word0 & 0xFF;
        final int stream = (int) (word0 >>> 32);
        final long[] allowed = switch (opcode) {
            case 0x10, 0x30 -> new long[]{ 0xFFFF_0000_00FFL, 0 };
            case 0x11 -> new long[]{ 0xFFFF_FFFF_0000_00FFL, 0 };
            case 0x12 -> new long[]{ 0xFFFF_FFFF_01F1_F0FFL, 0xFFFF_FFFF_FFFF_FF01L };
            case 0x13 -> new long[]{ 0x0000_FFFF_01F1_F0FFL, 0xFFFF_FFFF_FFFF_FF01L };
            case 0x05 -> new long[]{ 0xFFFF_FFFF_FFFF_F0FFL, 1 };
            case 0x06 -> new long[]{ 0xFFFF_FFFF_0000_00FFL, 0 };
            case 0x40 -> new long[]{ 0xFFFF_FFFF_FFFF_FAFFL, 0xFFFF_FFFF_FFFF_F03FL };
            default -> new long[]{ 0, 0 };
        };
        if (unknownOpcodes.contains(opcode) || (word0 & ~allowed[0]) != 0 || (word1 & ~allowed[1]) != 0) {
            return false;
        }
        final boolean ofOneStream = opcode == 5 || opcode == 6 || opcode == 0x40;
        if (ofOneStream && (!owns(stream) || nameless.contains(stream))) {
            return false;
        }
        timedOut = opcode == 0x40 && silent.contains(stream);
        return !timedOut;
    }

    @Override
    public boolean timedOut() {
        return timedOut;
    }

    @Override
    public int identification(final int index) {
        return switch (index) {
            case 0 -> idr0;
            case 1 -> idr1;
            case 3 -> idr3;
            case 5 -> idr5;
            default -> 0;
        };
    }
}
