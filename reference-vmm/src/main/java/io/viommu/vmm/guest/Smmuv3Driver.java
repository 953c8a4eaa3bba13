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

package io.viommu.vmm.guest;

import static io.viommu.vmm.guest.SmmuRegisters.CR0;
import static io.viommu.vmm.guest.SmmuRegisters.CR0ACK;
import static io.viommu.vmm.guest.SmmuRegisters.CR0_CMDQEN;
import static io.viommu.vmm.guest.SmmuRegisters.CR0_EVENTQEN;
import static io.viommu.vmm.guest.SmmuRegisters.CR0_SMMUEN;
import static io.viommu.vmm.guest.SmmuRegisters.EVENTQ_IRQ_CFG0;
import static io.viommu.vmm.guest.SmmuRegisters.GERROR_IRQ_CFG0;
import static io.viommu.vmm.guest.SmmuRegisters.IRQ_CFG1;
import static io.viommu.vmm.guest.SmmuRegisters.IRQ_CFG2;
import static io.viommu.vmm.guest.SmmuRegisters.IRQ_CTRL;
import static io.viommu.vmm.guest.SmmuRegisters.IRQ_CTRLACK;
import static io.viommu.vmm.guest.SmmuRegisters.IRQ_CTRL_EVENTQ;
import static io.viommu.vmm.guest.SmmuRegisters.IRQ_CTRL_GERROR;
import static io.viommu.vmm.guest.SmmuRegisters.WIRE_EVENTQ;
import static io.viommu.vmm.guest.SmmuRegisters.WIRE_GERROR;

import io.viommu.device.MmioDevice;
import io.viommu.lifecycle.Closing;

/**
 * Acts as Linux's {@code arm-smmu-v3} driver: resets the device in that driver's order, polls every acknowledge, sizes
 * its queues from IDR1, and drains the event queue in a thread that the interrupt wakes. All it knows of the device is
 * its registers and what they say.
 */
public final class Smmuv3Driver implements GuestDriver {

    /** Linux's own limit of the event queue with pages of 4 KiB: one MiB. */
    public static final int LINUX_LOG2_EVENTS = 15;

    /** Enough for a driver that waits for each command. */
    private static final int LOG2_COMMANDS = 8;
    private static final long POLL_LIMIT_NANOS = 1_000_000_000;
    private static final long FOREVER = Long.MAX_VALUE / 4;

    private final MmioDevice device;
    private final GuestInterrupts interrupts;
    private final GuestPages pages;
    private final int log2Events;
    private final KernelLog log;
    private final FetchedRecord listener;
    private final Thread thread = new Thread(this::run, "irq/arm-smmu-v3");
    private SmmuCommandQueue commands;
    private SmmuEventQueue events;
    private volatile boolean closed;

    /**
     * Makes the driver; it touches nothing before {@link #start}.
     *
     * @param device     the SMMU's registers.
     * @param interrupts the guest's interrupt controller, to which the SMMU is wired.
     * @param pages      memory for its tables and queues.
     * @param log2Events at most 2 to this power events in the queue; IDR1.EVTQS may make it smaller.
     * @param log        takes what the kernel prints about the SMMU itself.
     * @param listener   takes each event that was fetched.
     */
    public Smmuv3Driver(final MmioDevice device, final GuestInterrupts interrupts, final GuestPages pages,
            final int log2Events, final KernelLog log, final FetchedRecord listener) {
        this.device = device;
        this.interrupts = interrupts;
        this.pages = pages;
        this.log2Events = log2Events;
        this.log = log;
        this.listener = listener;
        thread.setDaemon(true);
    }

    @Override
    public void start() {
        final int idr0 = read(SmmuRegisters.IDR0);
        final int idr1 = read(SmmuRegisters.IDR1);
        final boolean stalls = (idr0 >>> SmmuRegisters.IDR0_STALL_MODEL_SHIFT & 3) != 1;
        if ((read(CR0) & CR0_SMMUEN) != 0) {
            log.print("SMMU currently enabled! Resetting...");
            abortIncoming();
        }
        writeAcknowledged(CR0, CR0ACK, 0);
        write(SmmuRegisters.CR1, SmmuRegisters.CR1_CACHEABLE);
        write(SmmuRegisters.CR2, SmmuRegisters.CR2_PTM | SmmuRegisters.CR2_RECINVSID);
        setUpStreamTable(idr0, idr1 & 0x3F);

        commands = new SmmuCommandQueue(device, pages, Math.min(idr1 >>> 21 & 0x1F, LOG2_COMMANDS), log);
        int enables = CR0_CMDQEN;
        writeAcknowledged(CR0, CR0ACK, enables);
        commands.invalidateAll((idr0 & SmmuRegisters.IDR0_HYP) != 0);

        events = new SmmuEventQueue(device, pages, Math.min(idr1 >>> 16 & 0x1F, log2Events), commands, stalls, log,
                listener);
        enables |= CR0_EVENTQEN;
        writeAcknowledged(CR0, CR0ACK, enables);
        setUpInterrupts((idr0 & SmmuRegisters.IDR0_MSI) != 0);
        enables |= CR0_SMMUEN;
        writeAcknowledged(CR0, CR0ACK, enables);
        thread.start();
    }

    /** Whoever left the SMMU enabled may have left devices running: their traffic is aborted until tables stand. */
    private void abortIncoming() {
        write(SmmuRegisters.GBPA, SmmuRegisters.GBPA_ABORT | SmmuRegisters.GBPA_UPDATE);
        poll("GBPA", SmmuRegisters.GBPA, SmmuRegisters.GBPA_UPDATE, 0);
    }

    /** Two levels where the SMMU has them; no stream is known yet, so every descriptor is invalid. */
    private void setUpStreamTable(final int idr0, final int streamBits) {
        final boolean twoLevels = (idr0 >>> SmmuRegisters.IDR0_ST_LEVEL_SHIFT & 3) != 0
                && streamBits > SmmuRegisters.SPLIT;
        final int log2Size = Math.min(streamBits, twoLevels ? 17 + SmmuRegisters.SPLIT : 8);
        final long bytes = twoLevels ? 8L << log2Size - SmmuRegisters.SPLIT : 64L << log2Size;
        write64(SmmuRegisters.STRTAB_BASE, pages.allocate(bytes) | SmmuRegisters.BASE_ALLOCATE);
        write(SmmuRegisters.STRTAB_BASE_CFG, twoLevels
                ? SmmuRegisters.STRTAB_2_LEVEL | SmmuRegisters.SPLIT << SmmuRegisters.STRTAB_SPLIT_SHIFT | log2Size
                : log2Size);
    }

    /** Messages where the SMMU can send them, wires otherwise; everything is off while that changes. */
    private void setUpInterrupts(final boolean messages) {
        writeAcknowledged(IRQ_CTRL, IRQ_CTRLACK, 0);
        write64(GERROR_IRQ_CFG0, 0);
        write64(EVENTQ_IRQ_CFG0, 0);
        if (messages) {
            setUpMessage(EVENTQ_IRQ_CFG0, WIRE_EVENTQ);
            setUpMessage(GERROR_IRQ_CFG0, WIRE_GERROR);
        } else {
            interrupts.requestWires(1 << WIRE_EVENTQ | 1 << WIRE_GERROR);
        }
        writeAcknowledged(IRQ_CTRL, IRQ_CTRLACK, IRQ_CTRL_EVENTQ | IRQ_CTRL_GERROR);
    }

    private void setUpMessage(final int configuration, final int number) {
        write64(configuration, interrupts.doorbell());
        write(configuration + IRQ_CFG1, GuestInterrupts.FIRST_DATA + number);
        write(configuration + IRQ_CFG2, SmmuRegisters.MSI_DEVICE_NGNRE);
    }

    private void run() {
        while (!closed) {
            final int pending = interrupts.take(FOREVER);
            if ((pending & 1 << WIRE_GERROR) != 0) {
                commands.errors().handle();
            }
            if ((pending & 1 << WIRE_EVENTQ) != 0) {
                events.drain();
            }
        }
    }

    @Override
    public int room() {
        return events.capacity();
    }

    @Override
    public long fetched() {
        return events == null ? 0 : events.fetched();
    }

    @Override
    public long overflowsAcknowledged() {
        return events == null ? 0 : events.overflowsAcknowledged();
    }

    @Override
    public long stallsAnswered() {
        return events == null ? 0 : events.stallsAnswered();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        Closing.join(thread); // it looks at the guest's memory until then
    }

    private int read(final int offset) {
        return (int) device.read(offset, 4);
    }

    private void write(final int offset, final int value) {
        device.write(offset, 4, value & 0xFFFF_FFFFL);
    }

    private void write64(final int offset, final long value) {
        device.write(offset, 8, value);
    }

    private void writeAcknowledged(final int offset, final int acknowledge, final int value) {
        write(offset, value);
        poll(offset == CR0 ? "CR0" : "IRQ_CTRL", acknowledge, -1, value);
    }

    private void poll(final String name, final int offset, final int mask, final int wanted) {
        final long end = System.nanoTime() + POLL_LIMIT_NANOS;
        int value = read(offset);
        while ((value & mask) != wanted) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("arm-smmu-v3: the SMMU did not acknowledge a write of " + name
                        + ": wanted 0x%x, found 0x%x".formatted(wanted, value & mask));
            }
            Thread.onSpinWait();
            value = read(offset);
        }
    }
}
