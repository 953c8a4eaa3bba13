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

package io.viommu.vmm.qtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;

/** Finds, sizes, places and enables PCI devices as QEMU's test library does: over ECAM or over the two ports. */
final class PciClient {

    private static final long ECAM = 0x40_1000_0000L;
    private static final int FUNCTIONS = 256;
    private static final int ABSENT = 0xFFFF;
    private static final int ENABLE = 0x7;

    private final QtestClient client;
    private final boolean ports;
    private long next;

    PciClient(final QtestClient client, final boolean ports) {
        this.client = client;
        this.ports = ports;
        this.next = ports ? 0xE000_0000L : 0x1000_0000L;
    }

    private long get(final int devfn, final int register, final int size) throws IOException {
        if (!ports) {
            return client.bytes(ECAM | (long) devfn << 12 | register, size);
        }
        client.write("outl", 0xCF8, 1L << 31 | devfn << 8 | register);
        return client.read(size == 4 ? "inl" : size == 2 ? "inw" : "inb", 0xCFC);
    }

    private void set(final int devfn, final int register, final int size, final long value) throws IOException {
        if (!ports) {
            client.bytes(ECAM | (long) devfn << 12 | register, size, value);
            return;
        }
        client.write("outl", 0xCF8, 1L << 31 | devfn << 8 | register);
        client.write(size == 4 ? "outl" : "outw", 0xCFC, value);
    }

    /** The devfn of the last function with these ids. */
    int find(final int vendor, final int device) throws IOException {
        int found = -1;
        for (int devfn = 0; devfn < FUNCTIONS; devfn++) {
            final long id = get(devfn, 0, 2);
            if (id != ABSENT && id == vendor && get(devfn, 2, 2) == device) {
                found = devfn;
            }
        }
        assertThat(found).as("%x:%x", vendor, device).isNotNegative();
        return found;
    }

    /** Enables a function and places its BAR 0; gives the BAR's address. */
    long map(final int devfn) throws IOException {
        set(devfn, 0x04, 2, get(devfn, 0x04, 2) | ENABLE);
        assertThat(get(devfn, 0x04, 2) & ENABLE).isEqualTo(ENABLE);
        set(devfn, 0x10, 4, 0xFFFF_FFFFL);
        final long mask = get(devfn, 0x10, 4) & ~0xFL;
        assertThat(mask).isNotZero();
        final long size = Long.lowestOneBit(mask);
        next = (next + size - 1) / size * size;
        set(devfn, 0x10, 4, next);
        final long base = next;
        next += size;
        return base;
    }
}
