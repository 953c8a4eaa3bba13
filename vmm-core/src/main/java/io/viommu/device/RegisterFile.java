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

package io.viommu.device;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.JvmFlag;

/**
 * The registers of one device, driven by a table of {@link Register} rows.
 *
 * <p>Guest accesses of 4 or 8 bytes, naturally aligned, reach one register, a half of a 64-bit register, or two 32-bit
 * neighbours (lower first). Other widths, misaligned accesses and offsets without a register read 0 and are not stored.
 *
 * <p>Each register is one word that is changed by compare-and-set and read with volatile semantics, so the vCPU that
 * clears a bit and the injector that sets its neighbour never lose each other's change. A handler runs after the new
 * value is stored, on the thread of the guest's access, once for each register that the access covers.
 */
public final class RegisterFile {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    /** Runs after a guest write was stored. */
    @FunctionalInterface
    public interface WriteHandler {
        /**
         * A guest wrote the register.
         *
         * @param before  its value before the write.
         * @param after   its value now (writable bits stored, W1C bits cleared).
         * @param written the bits that the guest's access presented, at their place in the register, whatever they
         *                were masked to; for registers whose write-only bits act (one-shot commands).
         * @param lanes   which bits of the register the access covered: all, or one half.
         */
        void written(long before, long after, long written, long lanes);
    }

    /** Decides whether a register takes writes just now. */
    @FunctionalInterface
    public interface Guard {
        /**
         * Asks before a guest write.
         *
         * @return false if the write is to be ignored.
         */
        boolean open();
    }

    private static final WriteHandler NO_HANDLER = (before, after, written, lanes) -> {
    };
    private static final Guard ALWAYS = () -> true;
    private static final int NONE = -1;

    /** Keeps the words reachable. */
    private final ByteBuffer memory;
    /** Where they lie. Models name only registers within the frame, so accesses need no checks of their own. */
    private final long words;
    private final Register[] rows;
    private final WriteHandler[] handlers;
    private final Guard[] guards;
    private final short[] rowAtWord;

    /**
     * Makes the registers and resets them.
     *
     * @param size  bytes of the frame, a multiple of 8.
     * @param table the rows, in any order, not overlapping.
     * @throws IllegalArgumentException if rows overlap or lie outside the frame.
     */
    public RegisterFile(final int size, final List<Register> table) {
        this.memory = BufferUtil.allocateDirectAligned(size, Long.BYTES);
        this.words = BufferUtil.address(memory);
        this.rows = table.toArray(new Register[0]);
        this.handlers = new WriteHandler[rows.length];
        this.guards = new Guard[rows.length];
        this.rowAtWord = new short[size / 4];
        Arrays.fill(rowAtWord, (short) NONE);
        for (int i = 0; i < rows.length; i++) {
            handlers[i] = NO_HANDLER;
            guards[i] = ALWAYS;
            place(i, rows[i]);
        }
        reset();
    }

    private void place(final int index, final Register row) {
        for (int word = row.offset() / 4; word < (row.offset() + row.width()) / 4; word++) {
            if (word >= rowAtWord.length) {
                throw new IllegalArgumentException(row.name() + " lies outside the frame");
            }
            if (rowAtWord[word] != NONE) {
                throw new IllegalArgumentException(row.name() + " overlaps " + rows[rowAtWord[word]].name());
            }
            rowAtWord[word] = (short) index;
        }
    }

    /**
     * Sets what a guest write to a register does beyond storing.
     *
     * @param register a row of this file's table.
     * @param handler  runs after each guest write.
     */
    public void onWrite(final Register register, final WriteHandler handler) {
        handlers[indexOf(register)] = handler;
    }

    /**
     * Sets when a register takes writes.
     *
     * @param register a row of this file's table.
     * @param guard    asked before each guest write.
     */
    public void guard(final Register register, final Guard guard) {
        guards[indexOf(register)] = guard;
    }

    private int indexOf(final Register register) {
        final int index = rowAtWord[register.offset() / 4];
        if (index == NONE || rows[index].offset() != register.offset()) {
            throw new IllegalArgumentException(register.name() + " is not in this table");
        }
        return index;
    }

    /** Puts every register back to its reset value; handlers don't run. */
    public void reset() {
        for (final Register row : rows) {
            set(row, row.reset());
        }
    }

    /**
     * A guest read.
     *
     * @param offset bytes from the start of the frame.
     * @param size   4 or 8; other widths read 0.
     * @return the value.
     */
    public long read(final long offset, final int size) {
        if (!valid(offset, size)) {
            return 0;
        }
        final int at = (int) offset;
        if (size == 4) {
            return readWord(at);
        }
        final int row = rowAtWord[at >> 2];
        if (row != NONE && rows[row].width() == 8) {
            return get(rows[row]);
        }
        return readWord(at) | readWord(at + 4) << 32;
    }

    private long readWord(final int offset) {
        final int row = rowAtWord[offset >> 2];
        return row == NONE ? 0 : get(rows[row]) >>> (offset - rows[row].offset()) * 8 & 0xFFFF_FFFFL;
    }

    /**
     * A guest write: masks, guards and W1C as the table says, then the handler.
     *
     * @param offset bytes from the start of the frame.
     * @param size   4 or 8; other widths are ignored.
     * @param value  the value.
     */
    public void write(final long offset, final int size, final long value) {
        if (!valid(offset, size)) {
            return;
        }
        final int at = (int) offset;
        if (size == 4) {
            writeWord(at, value & 0xFFFF_FFFFL);
            return;
        }
        final int row = rowAtWord[at >> 2];
        if (row != NONE && rows[row].width() == 8) {
            store(row, value, -1L);
        } else {
            writeWord(at, value & 0xFFFF_FFFFL);
            writeWord(at + 4, value >>> 32);
        }
    }

    private void writeWord(final int offset, final long value) {
        final int row = rowAtWord[offset >> 2];
        if (row != NONE) {
            final int shift = (offset - rows[row].offset()) * 8;
            store(row, value << shift, 0xFFFF_FFFFL << shift);
        }
    }

    private void store(final int index, final long value, final long lanes) {
        if (!guards[index].open()) {
            return;
        }
        final Register row = rows[index];
        final long keep = ~(row.writable() & lanes);
        final long set = value & row.writable() & lanes;
        final long clear = value & row.clear() & lanes;
        long before;
        long after;
        do {
            before = get(row);
            after = (before & keep | set) & ~clear;
        } while (!compareAndSet(row, before, after));
        handlers[index].written(before, after, value & lanes, lanes);
    }

    private boolean valid(final long offset, final int size) {
        return (size == 4 || size == 8) && offset >= 0 && (offset & size - 1) == 0
                && offset <= (long) rowAtWord.length * 4 - size;
    }

    /**
     * The width of the register at an offset.
     *
     * @param offset bytes from the start of the frame.
     * @return 4 or 8; 0 where there is no register.
     */
    public int width(final long offset) {
        if (!valid(offset, Integer.BYTES)) {
            return 0;
        }
        final int row = rowAtWord[(int) offset >> 2];
        return row == NONE ? 0 : rows[row].width();
    }

    /**
     * The present value, with volatile semantics.
     *
     * @param register a row of the table.
     * @return its value; a 32-bit register is zero-extended.
     */
    public long get(final Register register) {
        return register.width() == 8
                ? UnsafeApi.getLongVolatile(null, words + register.offset())
                : UnsafeApi.getIntVolatile(null, words + register.offset()) & 0xFFFF_FFFFL;
    }

    /**
     * Sets a register from the model's side, past masks and guards; all that this thread wrote before is visible to
     * whoever reads the new value.
     *
     * @param register a row of the table.
     * @param value    the value.
     */
    public void set(final Register register, final long value) {
        if (register.width() == 8) {
            UnsafeApi.putLongVolatile(null, words + register.offset(), value);
        } else {
            UnsafeApi.putIntVolatile(null, words + register.offset(), (int) value);
        }
    }

    /**
     * Sets a register as {@link #set} does, but lets what this thread reads next overtake it; for a register with one
     * writer, who asks for what the guest did in between after a full fence of his own, or not at all.
     *
     * @param register a row of the table.
     * @param value    the value.
     */
    public void setRelease(final Register register, final long value) {
        if (register.width() == 8) {
            UnsafeApi.putLongRelease(null, words + register.offset(), value);
        } else {
            UnsafeApi.putIntRelease(null, words + register.offset(), (int) value);
        }
    }

    /**
     * Replaces a value from the model's side if it is still what the caller saw.
     *
     * @param register a row of the table.
     * @param expected value that must be there.
     * @param value    value to store.
     * @return true if it was stored.
     */
    public boolean compareAndSet(final Register register, final long expected, final long value) {
        return register.width() == 8
                ? UnsafeApi.compareAndSetLong(null, words + register.offset(), expected, value)
                : UnsafeApi.compareAndSetInt(null, words + register.offset(), (int) expected, (int) value);
    }

    /**
     * Changes some bits atomically from the model's side.
     *
     * @param register a row of the table.
     * @param clear    bits to clear first.
     * @param set      bits to set then.
     * @return the value before.
     */
    public long update(final Register register, final long clear, final long set) {
        long before;
        do {
            before = get(register);
        } while (!compareAndSet(register, before, before & ~clear | set));
        return before;
    }
}
