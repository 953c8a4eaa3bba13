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

import java.util.function.LongConsumer;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.interrupt.InterruptSink;
import io.viommu.vtd.spec.StatusFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * One message-signalled event of the unit itself: fault event, invalidation event or page request event. All three
 * have a control register with a mask (IM) and a pending bit (IP), message registers, and a group of status fields that
 * software services (VT-d 7.3, 6.5.2.10, 7.5).
 *
 * <ol>
 * <li>A status field that becomes 1 while no other of its group was 1 is an interrupt condition: IP is set.
 * <li>With IP set and IM clear the message goes out and IP is cleared, by whoever sees it first: one message.
 * <li>With IM set IP stays, and software that clears IM gets the message then.
 * <li>IP falls without a message when software has serviced every field of the group.
 * </ol>
 *
 * <p>IP itself is the only state, changed by compare-and-set, so any thread may call any method. A condition and its
 * message are two steps: the injector makes the condition with each fault, but lets the message go once per batch.
 * The messages are not subject to remapping.
 */
public final class EventLine {

    /**
     * The registers of an event.
     *
     * @param status     has the status fields.
     * @param conditions those of the group.
     * @param control    has IM and IP.
     * @param data       of the message.
     * @param address    of the message.
     * @param upper      upper half of the address, read as 0 by a unit without it.
     */
    private record Group(Register status, long conditions, Register control, Register data, Register address,
            Register upper) {
    }

    private static final Group FAULT = new Group(VtdRegisters.FSTS, StatusFields.FAULT_CONDITIONS, VtdRegisters.FECTL,
            VtdRegisters.FEDATA, VtdRegisters.FEADDR, VtdRegisters.FEUADDR);
    private static final Group INVALIDATION = new Group(VtdRegisters.ICS, StatusFields.INVALIDATION_WAIT_COMPLETE,
            VtdRegisters.IECTL, VtdRegisters.IEDATA, VtdRegisters.IEADDR, VtdRegisters.IEUADDR);
    private static final Group PAGE_REQUEST = new Group(VtdRegisters.PRS,
            StatusFields.PENDING_PAGE_REQUEST | StatusFields.PAGE_REQUEST_OVERFLOW, VtdRegisters.PECTL,
            VtdRegisters.PEDATA, VtdRegisters.PEADDR, VtdRegisters.PEUADDR);

    private final RegisterFile registers;
    private final InterruptSink interrupts;
    private final Group group;
    private LongConsumer cleared = _ -> {
    };

    private EventLine(final RegisterFile registers, final InterruptSink interrupts, final Group group) {
        this.registers = registers;
        this.interrupts = interrupts;
        this.group = group;
        registers.onWrite(group.control, (_, _, _, _) -> deliver());
        registers.onWrite(group.status, (before, after, _, _) -> {
            serviced();
            cleared.accept(before & ~after);
        });
    }

    /**
     * The fault event: FSTS and FECTL.
     *
     * @param registers  of the unit.
     * @param interrupts takes the message.
     * @return the line.
     */
    public static EventLine fault(final RegisterFile registers, final InterruptSink interrupts) {
        return new EventLine(registers, interrupts, FAULT);
    }

    /**
     * The invalidation completion event: ICS and IECTL.
     *
     * @param registers  of the unit.
     * @param interrupts takes the message.
     * @return the line.
     */
    public static EventLine invalidation(final RegisterFile registers, final InterruptSink interrupts) {
        return new EventLine(registers, interrupts, INVALIDATION);
    }

    /**
     * The page request event: PRS and PECTL.
     *
     * @param registers  of a unit with page requests.
     * @param interrupts takes the message.
     * @return the line.
     */
    public static EventLine pageRequest(final RegisterFile registers, final InterruptSink interrupts) {
        return new EventLine(registers, interrupts, PAGE_REQUEST);
    }

    /**
     * Says what else the guest sets in motion by clearing status fields. Called while the unit is made.
     *
     * @param listener given the fields that were cleared, on the thread of the guest's access.
     */
    public void whenCleared(final LongConsumer listener) {
        cleared = listener;
    }

    /**
     * Sets a status field of the group, and IP if that is an interrupt condition.
     *
     * @param field one or more bits of the group.
     */
    public void set(final long field) {
        raised(registers.update(group.status, 0, field));
    }

    /**
     * Takes note that a status field of the group was set.
     *
     * @param before the status register just before.
     */
    public void raised(final long before) {
        if ((before & group.conditions) == 0) {
            registers.update(group.control, 0, StatusFields.INTERRUPT_PENDING);
            serviced(); // software may have been quicker than IP
        }
    }

    /**
     * Takes note that software may have cleared status fields of the group, otherwise than by writing the status
     * register, which the line hears itself.
     */
    public void serviced() {
        if (anyCondition()) {
            return;
        }
        final long before = registers.update(group.control, StatusFields.INTERRUPT_PENDING, 0);
        if ((before & StatusFields.INTERRUPT_PENDING) != 0 && anyCondition()) {
            // A new condition slipped in between the look and the withdrawal; what was withdrawn was its IP.
            registers.update(group.control, 0, StatusFields.INTERRUPT_PENDING);
            deliver();
        }
    }

    /** Lets the message go if one is owed and not masked. */
    public void deliver() {
        long before;
        do {
            before = registers.get(group.control);
            if ((before & (StatusFields.INTERRUPT_MASK
                    | StatusFields.INTERRUPT_PENDING)) != StatusFields.INTERRUPT_PENDING) {
                return;
            }
        } while (!registers.compareAndSet(group.control, before, before & ~StatusFields.INTERRUPT_PENDING));
        // A unit without extended interrupt mode has no upper address register: it reads 0.
        final long upper = registers.read(group.upper.offset(), Integer.BYTES);
        interrupts.message(upper << 32 | registers.get(group.address), (int) registers.get(group.data));
    }

    private boolean anyCondition() {
        return (registers.get(group.status) & group.conditions) != 0;
    }
}
