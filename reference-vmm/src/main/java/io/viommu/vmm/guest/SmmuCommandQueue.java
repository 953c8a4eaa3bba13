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

import static io.viommu.vmm.guest.SmmuRegisters.BASE_ALLOCATE;
import static io.viommu.vmm.guest.SmmuRegisters.CMDQ_BASE;
import static io.viommu.vmm.guest.SmmuRegisters.CMDQ_CONS;
import static io.viommu.vmm.guest.SmmuRegisters.CMDQ_PROD;

import io.viommu.device.MmioDevice;

/** The driver's side of the command queue: each command is followed by a CMD_SYNC that is waited for. */
final class SmmuCommandQueue {

    private static final int CFGI_ALL = 0x04;
    private static final int TLBI_EL2_ALL = 0x20;
    private static final int TLBI_NSNH_ALL = 0x30;
    private static final int RESUME = 0x44;
    private static final int SYNC = 0x46;
    /** CFGI_STE_RANGE over all StreamIDs. */
    private static final int RANGE_ALL = 31;
    /** CMD_SYNC without a completion signal but an event (CS = SEV); CONS is polled. */
    private static final long SYNC_SEV = 2L << 12;
    /** CMD_RESUME: don't retry (Ac = 0), and the device is told so by an abort (Ab = 1). */
    private static final long RESUME_ABORT = 2L << 12;
    private static final int ENTRY = 16;
    /** Linux waits for a second; a model that executes commands at all does so within the write of CMDQ_PROD. */
    private static final long LIMIT_NANOS = 100_000_000;

    private final MmioDevice device;
    private final GuestPages pages;
    private final long base;
    private final int log2Size;
    private final KernelLog log;
    private final SmmuErrorHandler errors;
    private int producer;
    private boolean dead;

    SmmuCommandQueue(final MmioDevice device, final GuestPages pages, final int log2Size, final KernelLog log) {
        this.device = device;
        this.pages = pages;
        this.log = log;
        this.errors = new SmmuErrorHandler(device, this, log);
        this.log2Size = log2Size;
        this.base = pages.allocate((long) ENTRY << log2Size);
        device.write(CMDQ_BASE, 8, base | BASE_ALLOCATE | log2Size);
        device.write(CMDQ_PROD, 4, 0);
        device.write(CMDQ_CONS, 4, 0);
    }

    SmmuErrorHandler errors() {
        return errors;
    }

    /** Drops whatever the SMMU may have cached before this kernel. As in Linux, a timeout is printed and endured. */
    boolean invalidateAll(final boolean hypervisor) {
        return issue(CFGI_ALL, RANGE_ALL) && (!hypervisor || issue(TLBI_EL2_ALL, 0)) && issue(TLBI_NSNH_ALL, 0);
    }

    /** Ends a stalled transaction with an abort: what the kernel answers when no driver takes the page fault. */
    boolean terminate(final int streamId, final int stag) {
        return issue(RESUME | RESUME_ABORT | (long) streamId << 32, stag);
    }

    /** The handler of global errors may not get to run while this thread waits, so the wait looks after them. */
    private boolean issue(final long word0, final long word1) {
        if (dead) {
            return false;
        }
        put(word0, word1);
        put(SYNC | SYNC_SEV, 0);
        device.write(CMDQ_PROD, 4, producer);
        final long end = System.nanoTime() + LIMIT_NANOS;
        while ((int) device.read(CMDQ_CONS, 4) != producer) {
            if (System.nanoTime() > end) {
                log.print("CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x%08x]".formatted(producer, producer,
                        (int) device.read(CMDQ_CONS, 4)));
                dead = true;
                return false;
            }
            errors.handle();
            Thread.onSpinWait();
        }
        return true;
    }

    private void put(final long word0, final long word1) {
        final long slot = slot(producer);
        pages.write(slot, word0);
        pages.write(slot + Long.BYTES, word1);
        producer = producer + 1 & (2 << log2Size) - 1; // the wrap bit stands above the index
    }

    private long slot(final int pointer) {
        return base + (long) (pointer & (1 << log2Size) - 1) * ENTRY;
    }

    /** After an illegal command the kernel puts a CMD_SYNC in its place, so that the queue can go on. */
    void skipIllegal() {
        final long slot = slot((int) device.read(CMDQ_CONS, 4));
        pages.write(slot, SYNC);
        pages.write(slot + Long.BYTES, 0);
    }
}
