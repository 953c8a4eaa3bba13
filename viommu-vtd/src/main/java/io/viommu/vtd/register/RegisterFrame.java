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

package io.viommu.vtd.register;

import java.util.List;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.vtd.spec.InvalidationLayout;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * The guest's view of the unit: its registers, how much room they take, and what an access does that the specification
 * leaves open.
 *
 * <p>A 64-bit access that begins at a 32-bit register reaches its neighbour too. Where compatibility with QEMU is asked
 * for, such a write stops at that register, save for the message address of the fault event, which guests do write
 * together with its upper half; and IQA shows the address of the queue only once the queue was switched on.
 */
public final class RegisterFrame {

    /** Granularity of the frame: the DMAR table counts it in such pages. */
    private static final int PAGE = 4096;

    private static final int WIDE = Long.BYTES;

    private final VtdCapabilities capabilities;
    private final RegisterFile registers;
    private final int size;
    private final boolean likeQemu;
    private volatile long queueShown;

    /**
     * Lays the frame out.
     *
     * @param capabilities what the unit announces.
     * @param likeQemu     whether to leave out the error record of the invalidation queue, to reset PECTL unmasked, and
     *                     to do as QEMU does where the specification says nothing.
     */
    public RegisterFrame(final VtdCapabilities capabilities, final boolean likeQemu) {
        final List<Register> rows = RegisterTable.of(capabilities, likeQemu);
        final int end = rows.stream().mapToInt(row -> row.offset() + row.width()).max().orElseThrow();
        this.size = (end + PAGE - 1) / PAGE * PAGE;
        this.registers = new RegisterFile(size, rows);
        this.likeQemu = likeQemu;
        this.capabilities = capabilities;
    }

    /**
     * A guest read.
     *
     * @param offset     bytes from the start of the frame.
     * @param accessSize 4 or 8; other widths read 0.
     * @return the value.
     */
    public long read(final long offset, final int accessSize) {
        final long value = registers.read(offset, accessSize);
        return likeQemu && (offset & -WIDE) == VtdRegisters.IQA.offset()
                ? value & queueRead(offset, accessSize)
                : value;
    }

    /** The bits that a read of IQA lets see: width and size always, the address from when the queue was on. */
    private long queueRead(final long offset, final int accessSize) {
        final long shown = ~InvalidationLayout.QUEUE_ADDRESS | queueShown;
        return accessSize == WIDE ? shown : shown >>> (offset & Integer.BYTES) * Byte.SIZE;
    }

    /**
     * A guest write.
     *
     * @param offset     bytes from the start of the frame.
     * @param accessSize 4 or 8; other widths are ignored.
     * @param value      the value.
     */
    public void write(final long offset, final int accessSize, final long value) {
        final boolean narrowed = likeQemu && accessSize == WIDE && (offset & WIDE - 1) == 0
                && offset != VtdRegisters.FEADDR.offset() && registers.width(offset) == Integer.BYTES;
        registers.write(offset, narrowed ? Integer.BYTES : accessSize, value);
    }

    /**
     * Takes note that the invalidation queue was switched. From when it is on for the first time, IQA shows where it
     * lies.
     *
     * @param on the new state.
     */
    public void queueSwitched(final boolean on) {
        if (on) {
            queueShown = InvalidationLayout.QUEUE_ADDRESS;
        }
    }

    /** Puts every register back to its reset value. */
    public void reset() {
        registers.reset();
        queueShown = 0;
    }

    /**
     * What the unit announces.
     *
     * @return the words of CAP_REG and ECAP_REG.
     */
    public VtdCapabilities capabilities() {
        return capabilities;
    }

    /**
     * Whether QEMU's choices are made.
     *
     * @return as the frame was made.
     */
    public boolean likeQemu() {
        return likeQemu;
    }

    /**
     * The registers.
     *
     * @return the file, which any thread may use.
     */
    public RegisterFile registers() {
        return registers;
    }

    /**
     * The size of the frame.
     *
     * @return bytes, a multiple of 4096.
     */
    public int size() {
        return size;
    }
}
