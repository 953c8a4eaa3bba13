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

import static io.viommu.vmm.guest.DmarRegisters.ENABLE_QUEUED_INVALIDATION;
import static io.viommu.vmm.guest.DmarRegisters.ENABLE_TRANSLATION;
import static io.viommu.vmm.guest.DmarRegisters.FRCD_F;
import static io.viommu.vmm.guest.DmarRegisters.FRCD_LENGTH;
import static io.viommu.vmm.guest.DmarRegisters.FSTS;
import static io.viommu.vmm.guest.DmarRegisters.FSTS_PFO;
import static io.viommu.vmm.guest.DmarRegisters.FSTS_PPF;
import static io.viommu.vmm.guest.DmarRegisters.FSTS_PRO;
import static io.viommu.vmm.guest.DmarRegisters.GCMD;
import static io.viommu.vmm.guest.DmarRegisters.GSTS;
import static io.viommu.vmm.guest.DmarRegisters.LEVELS;
import static io.viommu.vmm.guest.DmarRegisters.SET_ROOT_TABLE;

import io.viommu.device.MmioDevice;
import io.viommu.lifecycle.Closing;

/**
 * Acts as Linux's {@code intel-iommu} driver: takes over old faults, sets the root table, invalidates, programs and
 * unmasks the fault event, enables translation, and then reads fault records whenever the event comes.
 */
public final class DmarDriver implements GuestDriver {

    /** The number of the interrupt that the fault event is programmed with. */
    public static final int FAULT_EVENT = 0;

    private static final long POLL_LIMIT_NANOS = 1_000_000_000;
    private static final long FOREVER = Long.MAX_VALUE / 4;
    private static final long PAGE = 4096;

    private final MmioDevice device;
    private final GuestInterrupts interrupts;
    private final GuestPages pages;
    private final KernelLog log;
    private final FetchedRecord listener;
    private final Thread thread = new Thread(this::run, "irq/dmar0");
    private int firstRecord;
    private int records;
    private volatile long fetched;
    private volatile long overflows;
    private volatile boolean closed;

    /**
     * Makes the driver; it touches nothing before {@link #start}.
     *
     * @param device     the unit's registers.
     * @param interrupts the guest's interrupt controller.
     * @param pages      memory for its tables.
     * @param log        takes what the kernel prints about the unit itself.
     * @param listener   takes each fault that was fetched.
     */
    public DmarDriver(final MmioDevice device, final GuestInterrupts interrupts, final GuestPages pages,
            final KernelLog log, final FetchedRecord listener) {
        this.device = device;
        this.interrupts = interrupts;
        this.pages = pages;
        this.log = log;
        this.listener = listener;
        thread.setDaemon(true);
    }

    @Override
    public void start() {
        final long capabilities = device.read(DmarRegisters.CAP, 8);
        final long extended = device.read(DmarRegisters.ECAP, 8);
        if (capabilities == -1 && extended == -1) {
            throw new IllegalStateException("DMAR: the unit's capability registers read all ones: it isn't there");
        }
        firstRecord = ((int) (capabilities >>> 24) & 0x3FF) * FRCD_LENGTH;
        records = ((int) (capabilities >>> 40) & 0xFF) + 1;
        handleFaults(); // what an earlier kernel left behind is printed now and can't be taken for ours later
        final boolean queued = (extended & DmarRegisters.ECAP_QI) != 0;
        final boolean scalable = (extended & DmarRegisters.ECAP_SMTS) != 0;
        if (queued) {
            device.write(DmarRegisters.IQT, 4, 0);
            device.write(DmarRegisters.IQA, 8, scalable
                    ? pages.allocate(2 * PAGE) | DmarRegisters.IQA_WIDE_DESCRIPTORS | DmarRegisters.IQA_TWO_PAGES
                    : pages.allocate(PAGE));
            command(ENABLE_QUEUED_INVALIDATION);
        }
        device.write(DmarRegisters.RTADDR, 8, pages.allocate(PAGE) | (scalable ? DmarRegisters.RTADDR_SCALABLE : 0));
        command(SET_ROOT_TABLE);
        if (!queued) {
            invalidateByRegister(extended);
        }
        device.write(DmarRegisters.FEDATA, 4, GuestInterrupts.FIRST_DATA + FAULT_EVENT);
        device.write(DmarRegisters.FEADDR, 4, interrupts.doorbell() & 0xFFFF_FFFFL);
        device.write(DmarRegisters.FEUADDR, 4, interrupts.doorbell() >>> 32);
        device.write(DmarRegisters.FECTL, 4, 0);
        device.read(DmarRegisters.FECTL, 4); // flushes the posted write
        command(ENABLE_TRANSLATION);
        thread.start();
    }

    /** Levels keep what GSTS says; the acknowledge of each command is its own bit in GSTS. */
    private void command(final int bit) {
        final long levels = device.read(GSTS, 4) & LEVELS & 0xFFFF_FFFFL;
        device.write(GCMD, 4, levels | bit & 0xFFFF_FFFFL);
        poll("GSTS", GSTS, 4, bit & 0xFFFF_FFFFL, bit & 0xFFFF_FFFFL);
    }

    /** A new root table counts only when no cache remembers the old one. */
    private void invalidateByRegister(final long extended) {
        device.write(DmarRegisters.CCMD, 8, DmarRegisters.CCMD_INVALIDATE | DmarRegisters.CCMD_GLOBAL);
        poll("CCMD", DmarRegisters.CCMD, 8, DmarRegisters.CCMD_INVALIDATE, 0);
        final int iotlb = ((int) (extended >>> 8) & 0x3FF) * 16 + DmarRegisters.IOTLB;
        device.write(iotlb, 8, DmarRegisters.IOTLB_INVALIDATE | DmarRegisters.IOTLB_GLOBAL);
        poll("IOTLB", iotlb, 8, DmarRegisters.IOTLB_INVALIDATE, 0);
    }

    private void poll(final String name, final int offset, final int size, final long mask, final long wanted) {
        final long end = System.nanoTime() + POLL_LIMIT_NANOS;
        while ((device.read(offset, size) & mask) != wanted) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("DMAR: the unit did not answer a command in " + name
                        + ": wanted 0x%x of 0x%x, found 0x%x".formatted(wanted, mask, device.read(offset, size)));
            }
            Thread.onSpinWait();
        }
    }

    private void run() {
        while (!closed) {
            if ((interrupts.take(FOREVER) & 1 << FAULT_EVENT) != 0) {
                handleFaults();
            }
        }
    }

    /**
     * What Linux's {@code dmar_fault} does: without PPF it touches nothing; with it, it walks from FRI while F is set,
     * clears each F by a 32-bit write, and at the end clears the overflow, which no unit may take for the end of PPF.
     */
    private void handleFaults() {
        final int status = (int) device.read(FSTS, 4);
        if (status != 0) {
            log.print("DRHD: handling fault status reg %x".formatted(status));
        }
        if ((status & FSTS_PPF) == 0) {
            return;
        }
        int index = (status >>> 8 & 0xFF) % records;
        while (fetch(firstRecord + index * FRCD_LENGTH)) {
            index = index + 1 == records ? 0 : index + 1;
        }
        // A fault may have been dropped while the walk went on; whoever clears PFO below has seen it then.
        if ((device.read(FSTS, 4) & FSTS_PFO) != 0) {
            overflows++;
        }
        device.write(FSTS, 4, FSTS_PFO | FSTS_PPF | FSTS_PRO);
    }

    private boolean fetch(final int offset) {
        final long top = device.read(offset + 12, 4);
        if ((top & FRCD_F & 0xFFFF_FFFFL) == 0) {
            return false;
        }
        final long high = top << 32 | device.read(offset + 8, 4);
        final long low = device.read(offset, 8);
        final long time = System.nanoTime();
        device.write(offset + 12, 4, FRCD_F & 0xFFFF_FFFFL);
        fetched++;
        listener.fetched(low, high, 0, 0, time);
        return true;
    }

    @Override
    public int room() {
        return records;
    }

    @Override
    public long fetched() {
        return fetched;
    }

    @Override
    public long overflowsAcknowledged() {
        return overflows;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        Closing.join(thread); // it looks at the guest's memory until then
    }
}
