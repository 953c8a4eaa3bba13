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

package io.viommu.smmu.register;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * The guest's view of the device: 128 KiB of registers. Page 1 repeats page 0. The architecture gives page 1 the
 * indexes of the output queues only, and leaves open what the rest of page 1, and these indexes in page 0, do
 * (CONSTRAINED UNPREDICTABLE, 6.2); QEMU makes the same choice.
 *
 * <p>It serves CR0, CR1, IRQ_CTRL and GBPA; whoever owns another register hears its writes.
 *
 * <p>Guards are those of SMMUv3.2, which earlier versions permit: a write to a guarded register is ignored.
 *
 * <p>Guest accesses come on any vCPU thread; the queries are for any thread.
 */
public final class RegisterFrame {

    private final SmmuCapabilities capabilities;
    private final MessagePort port;
    private final RegisterFile registers;
    private final GlobalErrors errors;
    private final InterruptSource eventqInterrupt;
    private final InterruptSource priqInterrupt;
    private volatile boolean failed;

    /**
     * Makes the registers, reset.
     *
     * @param capabilities what the device offers.
     * @param port     takes interrupts.
     * @param listener the rest of the device.
     */
    public RegisterFrame(final SmmuCapabilities capabilities, final MessagePort port, final FrameListener listener) {
        this.capabilities = capabilities;
        this.port = port;
        this.registers = new RegisterFile(SmmuRegisters.PAGE_SIZE, RegisterTable.of(capabilities));
        this.errors = new GlobalErrors(registers, port);
        this.eventqInterrupt = new InterruptSource(registers, port, InterruptSource.Kind.EVENTQ,
                () -> errors.activate(SmmuRegisters.GERROR_MSI_EVENTQ_ABT));
        this.priqInterrupt = new InterruptSource(registers, port, InterruptSource.Kind.PRIQ,
                () -> errors.activate(SmmuRegisters.GERROR_MSI_PRIQ_ABT));
        guard(capabilities);
        truncateIndexes(capabilities);
        control(listener);
    }

    private void guard(final SmmuCapabilities capabilities) {
        guard(SmmuRegisters.CR0_SMMUEN, SmmuRegisters.STRTAB_BASE, SmmuRegisters.STRTAB_BASE_CFG, SmmuRegisters.CR2);
        guard(SmmuRegisters.CR0_CMDQEN, SmmuRegisters.CMDQ_BASE, SmmuRegisters.CMDQ_CONS);
        guard(SmmuRegisters.CR0_EVENTQEN, SmmuRegisters.EVENTQ_BASE, SmmuRegisters.EVENTQ_PROD);
        if (capabilities.pri()) {
            guard(SmmuRegisters.CR0_PRIQEN, SmmuRegisters.PRIQ_BASE, SmmuRegisters.PRIQ_PROD);
        }
        if (capabilities.msi()) {
            guardInterrupt(SmmuRegisters.IRQ_GERROR, SmmuRegisters.GERROR_IRQ_CFG0, SmmuRegisters.GERROR_IRQ_CFG1,
                    SmmuRegisters.GERROR_IRQ_CFG2);
            guardInterrupt(SmmuRegisters.IRQ_EVENTQ, SmmuRegisters.EVENTQ_IRQ_CFG0, SmmuRegisters.EVENTQ_IRQ_CFG1,
                    SmmuRegisters.EVENTQ_IRQ_CFG2);
        }
        if (capabilities.pri()) {
            guardInterrupt(SmmuRegisters.IRQ_PRIQ, SmmuRegisters.PRIQ_IRQ_CFG2);
        }
        if (capabilities.msi() && capabilities.pri()) {
            guardInterrupt(SmmuRegisters.IRQ_PRIQ, SmmuRegisters.PRIQ_IRQ_CFG0, SmmuRegisters.PRIQ_IRQ_CFG1);
        }
        guardAttributes();
    }

    private void truncateIndexes(final SmmuCapabilities capabilities) {
        truncate(SmmuRegisters.CMDQ_CONS, SmmuRegisters.CMDQ_BASE, capabilities.commandQueueLog2());
        truncate(SmmuRegisters.EVENTQ_PROD, SmmuRegisters.EVENTQ_BASE, capabilities.eventQueueLog2());
        if (capabilities.pri()) {
            truncate(SmmuRegisters.PRIQ_PROD, SmmuRegisters.PRIQ_BASE, capabilities.pageRequestQueueLog2());
        }
    }

    /** An index that the device moves has no bits above its wrap flag (6.3.28, 6.3.95, 6.3.97). */
    private void truncate(final Register index, final Register base, final int maxLog2) {
        final RegisterFile.WriteHandler handler = (_, _, _, _) -> {
            final long log2 = Math.min(registers.get(base) & SmmuRegisters.QUEUE_LOG2SIZE, maxLog2);
            registers.update(index, SmmuRegisters.QUEUE_INDEX & -(2L << log2), 0);
        };
        registers.onWrite(index, handler);
        registers.onWrite(base, handler);
    }

    /** Writable only while the enable and its acknowledgement are both 0. */
    private void guard(final int enable, final Register... guarded) {
        for (final Register register : guarded) {
            registers.guard(register, () -> ((registers.get(SmmuRegisters.CR0) | registers.get(SmmuRegisters.CR0ACK))
                    & enable) == 0);
        }
    }

    private void guardInterrupt(final int enable, final Register... guarded) {
        for (final Register register : guarded) {
            registers.guard(register, () -> ((registers.get(SmmuRegisters.IRQ_CTRL)
                    | registers.get(SmmuRegisters.IRQ_CTRLACK)) & enable) == 0);
        }
    }

    /** CR1 has one half for tables and one for queues, each with its own guard (6.3.11): a closed half is put back. */
    private void guardAttributes() {
        final int queues = SmmuRegisters.CR0_CMDQEN | SmmuRegisters.CR0_EVENTQEN | SmmuRegisters.CR0_PRIQEN;
        registers.onWrite(SmmuRegisters.CR1, (before, _, _, _) -> {
            final long control = registers.get(SmmuRegisters.CR0) | registers.get(SmmuRegisters.CR0ACK);
            final long closed = ((control & SmmuRegisters.CR0_SMMUEN) != 0 ? SmmuRegisters.CR1_TABLE : 0)
                    | ((control & queues) != 0 ? SmmuRegisters.CR1_QUEUE : 0);
            registers.update(SmmuRegisters.CR1, closed, before & closed);
        });
    }

    private void control(final FrameListener listener) {
        registers.onWrite(SmmuRegisters.CR0, (before, after, _, _) -> {
            final int cleared = (int) (before & ~after);
            final int set = (int) (after & ~before);
            if (cleared == 0 && set == 0 || listener.changing(cleared, set)) {
                acknowledge();
                if (set != 0) {
                    listener.enabled(set);
                }
            }
        });
        registers.onWrite(SmmuRegisters.IRQ_CTRL, (before, after, _, _) -> {
            if ((before & ~after) != 0 && listener.interruptsDisabling()) {
                errors.settle();
            }
            follow(SmmuRegisters.IRQ_CTRL, SmmuRegisters.IRQ_CTRLACK);
        });
        // A write without UPDATE in it is ignored; with it, the update is done before the guest reads again (6.3.14).
        registers.onWrite(SmmuRegisters.GBPA, (_, _, written, _) -> {
            if ((written & SmmuRegisters.GBPA_UPDATE) != 0) {
                registers.set(SmmuRegisters.GBPA,
                        written & (SmmuRegisters.GBPA_ABORT | SmmuRegisters.GBPA_ATTRIBUTES));
                listener.bypassChanged();
            }
        });
    }

    /** CR0 has taken effect. */
    public void acknowledge() {
        follow(SmmuRegisters.CR0, SmmuRegisters.CR0ACK);
    }

    /** Acknowledges; two vCPUs may write the control at once, so the last value is what has to be found. */
    private void follow(final Register control, final Register acknowledge) {
        long value;
        do {
            value = registers.get(control);
            registers.set(acknowledge, value);
        } while (registers.get(control) != value);
    }

    /**
     * A guest read.
     *
     * @param offset bytes from the start of the frame.
     * @param size   width of the access.
     * @return the value; 0 where there is no register.
     */
    public long read(final long offset, final int size) {
        return inFrame(offset, size) ? registers.read(offset & SmmuRegisters.PAGE_SIZE - 1, size) : 0;
    }

    /**
     * A guest write.
     *
     * @param offset bytes from the start of the frame.
     * @param size   width of the access.
     * @param value  the value.
     */
    public void write(final long offset, final int size, final long value) {
        if (inFrame(offset, size)) {
            registers.write(offset & SmmuRegisters.PAGE_SIZE - 1, size, value);
        }
    }

    private static boolean inFrame(final long offset, final int size) {
        return offset >= 0 && offset <= SmmuRegisters.FRAME_SIZE - size;
    }

    /** Puts all registers back and forgets all errors. */
    public void reset() {
        registers.reset();
        errors.reset();
        failed = false;
    }

    /** Service failure mode is entered (12.3): the device serves no more, whatever is enabled, until it is reset. */
    public void fail() {
        failed = true;
        errors.activate(SmmuRegisters.GERROR_SFM);
    }

    /**
     * Whether the device is in Service failure mode.
     *
     * @return true until it is reset.
     */
    public boolean failed() {
        return failed;
    }

    /**
     * Whether bits of CR0 are set and the device serves them.
     *
     * @param bits the bits.
     * @return true if all of them are; false in Service failure mode.
     */
    public boolean enabled(final int bits) {
        return !failed && (registers.get(SmmuRegisters.CR0) & bits) == bits;
    }

    /**
     * What the device offers.
     *
     * @return the words of the identification registers.
     */
    public SmmuCapabilities capabilities() {
        return capabilities;
    }

    /**
     * How interrupts leave the device.
     *
     * @return the port.
     */
    public MessagePort messages() {
        return port;
    }

    /**
     * The registers themselves, for those who own some of them.
     *
     * @return the file.
     */
    public RegisterFile registers() {
        return registers;
    }

    /**
     * The global errors.
     *
     * @return live.
     */
    public GlobalErrors errors() {
        return errors;
    }

    /**
     * The interrupt of the Event queue.
     *
     * @return the source.
     */
    public InterruptSource eventqInterrupt() {
        return eventqInterrupt;
    }

    /**
     * The interrupt of the PRI queue.
     *
     * @return the source.
     */
    public InterruptSource priqInterrupt() {
        return priqInterrupt;
    }
}
