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

package io.viommu.vmm.machine;

import java.lang.foreign.MemorySegment;

import io.viommu.bridge.linux.SharedMemory;
import io.viommu.memory.GuestRam;

/**
 * The host memory behind a machine's RAM: an anonymous memory file, so that pages which nobody touches cost nothing and
 * all begin as zeros, however often a machine is replaced.
 */
final class Ram implements AutoCloseable {

    private final long size;
    private SharedMemory host;
    private final GuestRam guest = new GuestRam();
    private final long[] bases = new long[2];
    private final long[] sizes = new long[2];
    private int banks;

    /** Host memory of that many bytes, which is made with the first bank. */
    Ram(final long size) {
        this.size = size;
    }

    /** Shows the next bytes of the host memory to the guest. */
    void addBank(final long base, final long length) {
        if (host == null) {
            host = SharedMemory.create("viommu-ram", size);
        }
        long from = 0;
        for (int i = 0; i < banks; i++) {
            from += sizes[i];
        }
        final MemorySegment slice = host.segment().asSlice(from, length);
        guest.addRegion(base, slice);
        bases[banks] = base;
        sizes[banks++] = length;
    }

    GuestRam guest() {
        return guest;
    }

    /** How many bytes of RAM lie from an address on; 0 if none. */
    long left(final long gpa) {
        for (int i = 0; i < banks; i++) {
            if (Long.compareUnsigned(gpa - bases[i], sizes[i]) < 0) {
                return sizes[i] - (gpa - bases[i]);
            }
        }
        return 0;
    }

    /** The nearest bank that begins above an address, as a distance, unsigned; at most {@code otherwise}. */
    long gap(final long gpa, final long otherwise) {
        long nearest = otherwise;
        for (int i = 0; i < banks; i++) {
            nearest = PhysicalBus.nearer(nearest, bases[i] - gpa);
        }
        return nearest;
    }

    @Override
    public void close() {
        for (int i = 0; i < banks; i++) {
            guest.removeRegion(bases[i]);
        }
        banks = 0;
        if (host != null) {
            host.close();
            host = null;
        }
    }
}
