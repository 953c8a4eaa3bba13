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
import static io.viommu.vmm.guest.SmmuRegisters.EVENTQ_BASE;
import static io.viommu.vmm.guest.SmmuRegisters.EVENTQ_CONS;
import static io.viommu.vmm.guest.SmmuRegisters.EVENTQ_PROD;
import static io.viommu.vmm.guest.SmmuRegisters.OVERFLOW;

import io.viommu.device.MmioDevice;

/**
 * The driver's side of the event queue. {@link #drain} is what Linux's threaded handler does: fetches events one by one
 * and frees each place at once, looks at PROD again until nothing is left, notes an overflow when OVFLG differs from
 * what it knew, and acknowledges it at the end by bringing OVACKFLG level (IHI 0070, 3.5.4, 6.3.28).
 */
final class SmmuEventQueue {

    private static final int ENTRY = 32;
    private static final long STALL = 1L << 31;

    private final MmioDevice device;
    private final GuestPages pages;
    private final SmmuCommandQueue commands;
    private final boolean stalls;
    private final KernelLog log;
    private final FetchedRecord listener;
    private final long base;
    private final int log2Size;
    private int producer;
    private int consumer;
    private volatile long fetched;
    private volatile long overflows;
    private volatile long answered;

    SmmuEventQueue(final MmioDevice device, final GuestPages pages, final int log2Size,
            final SmmuCommandQueue commands, final boolean stalls, final KernelLog log, final FetchedRecord listener) {
        this.device = device;
        this.pages = pages;
        this.commands = commands;
        this.stalls = stalls;
        this.log = log;
        this.listener = listener;
        this.log2Size = log2Size;
        this.base = pages.allocate((long) ENTRY << log2Size);
        device.write(EVENTQ_BASE, 8, base | BASE_ALLOCATE | log2Size);
        device.write(EVENTQ_PROD, 4, 0);
        device.write(EVENTQ_CONS, 4, 0);
    }

    void drain() {
        do {
            while (!empty()) {
                fetch();
            }
            final int before = producer;
            producer = (int) device.read(EVENTQ_PROD, 4);
            if (((before ^ producer) & OVERFLOW) != 0) {
                log.print("EVTQ overflow detected -- events lost");
            }
        } while (!empty());
        if (((producer ^ consumer) & OVERFLOW) != 0) {
            consumer = producer & OVERFLOW | consumer & ~OVERFLOW;
            overflows++;
            device.write(EVENTQ_CONS, 4, consumer & 0xFFFF_FFFFL);
        }
    }

    private void fetch() {
        final long slot = base + (long) (consumer & (1 << log2Size) - 1) * ENTRY;
        final long word0 = pages.read(slot);
        final long word1 = pages.read(slot + 8);
        final long word2 = pages.read(slot + 16);
        final long word3 = pages.read(slot + 24);
        final long time = System.nanoTime();
        consumer = consumer & OVERFLOW | consumer + 1 & (2 << log2Size) - 1;
        device.write(EVENTQ_CONS, 4, consumer & 0xFFFF_FFFFL);
        if (stalls && (word1 & STALL) != 0) {
            if (commands.terminate((int) (word0 >>> 32), (int) word1 & 0xFFFF)) {
                answered++;
            }
        }
        fetched++;
        listener.fetched(word0, word1, word2, word3, time);
    }

    private boolean empty() {
        return ((producer ^ consumer) & (2 << log2Size) - 1) == 0;
    }

    int capacity() {
        return 1 << log2Size;
    }

    long fetched() {
        return fetched;
    }

    long overflowsAcknowledged() {
        return overflows;
    }

    long stallsAnswered() {
        return answered;
    }
}
