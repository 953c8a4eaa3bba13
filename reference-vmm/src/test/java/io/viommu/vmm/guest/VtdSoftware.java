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

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.viommu.device.MmioDevice;

/**
 * Software of a guest with a VT-d unit in scalable mode: root, context and PASID tables, first-stage trees, the
 * invalidation queue and the page request queue, written and read as bytes. Chapter 9 of the specification has the
 * tables, 6.5.2 the descriptors, 7.4.1.1 the page requests, 11.4 the registers.
 *
 * <pre>
 *  RAM + 1000h root    2000h context  3000h PASID directory  4000h PASID table  5000h invalidation queue
 *        6000h page request queue     10000h + n * 8000h first-stage tree n, of 4 levels, for the lowest 2 MiB
 * </pre>
 */
public final class VtdSoftware {

    /** A page of a first-stage tree: present, writable, of users (9.7). */
    public static final long PRESENT = 1;
    /** The page can be written. */
    public static final long WRITABLE = 2;
    /** The page is of users. */
    public static final long USER = 4;

    private static final long ROOT = 0x1000;
    private static final long CONTEXT = 0x2000;
    private static final long DIRECTORY = 0x3000;
    private static final long PASIDS = 0x4000;
    private static final long QUEUE = 0x5000;
    private static final long REQUESTS = 0x6000;
    private static final long TREES = 0x1_0000;
    private static final long TREE = 0x8000;
    private static final int DESCRIPTOR = 32;
    private static final int PAGE = 4096;
    private static final int REGISTER_SIZE = 8;

    private final MmioDevice device;
    private final MemorySegment ram;
    private final long base;
    private long tail;

    /** Software that has written nothing yet. */
    public VtdSoftware(final MmioDevice device, final MemorySegment ram, final long base) {
        this.device = device;
        this.ram = ram;
        this.base = base;
    }

    private void put(final long at, final long... words) {
        for (int i = 0; i < words.length; i++) {
            ram.set(ValueLayout.JAVA_LONG, at + i * 8L, words[i]);
        }
    }

    private long get(final long at) {
        return ram.get(ValueLayout.JAVA_LONG, at);
    }

    /**
     * Lets a device of bus 0 use PASIDs and page requests, and requests without PASID the entry of PASID 0: context
     * entry with P, DTE, PASIDE, PRE and a directory of 128 entries, of which one is present.
     */
    public VtdSoftware context(final int devfn) {
        put(ROOT, base + CONTEXT | PRESENT);
        put(CONTEXT + devfn * 32L, base + DIRECTORY | 0x1D, 0, 0, 0);
        put(DIRECTORY, base + PASIDS | PRESENT);
        return this;
    }

    /** Gives PASID 0 to 63 a first-stage tree: PGTT 1, in domain 7. */
    public VtdSoftware pasid(final int pasid, final int tree) {
        put(PASIDS + pasid * 64L, 1 << 6 | PRESENT, 7, table(tree), 0, 0, 0, 0, 0);
        return this;
    }

    /** Takes the entry of a PASID away. */
    public VtdSoftware clear(final int pasid) {
        put(PASIDS + pasid * 64L, 0);
        return this;
    }

    /** Takes the context entry of a device away. */
    public VtdSoftware clearContext(final int devfn) {
        put(CONTEXT + devfn * 32L, 0);
        return this;
    }

    /** Where the top table of a tree is, as the guest's physical address. */
    public long table(final int tree) {
        return base + TREES + tree * TREE;
    }

    /** Maps a page below 2 MiB in a tree; the entry is as it is to be. */
    public VtdSoftware page(final int tree, final long address, final long entry) {
        final long top = TREES + tree * TREE;
        for (int level = 0; level < 3; level++) {
            put(top + level * PAGE, base + top + (level + 1L) * PAGE | PRESENT | WRITABLE | USER);
        }
        put(top + 3L * PAGE + (address >>> 12 & 511) * 8, entry);
        return this;
    }

    /** Sets an entry of the top table, which 512 GiB hang on. */
    public VtdSoftware top(final int tree, final int index, final long entry) {
        put(TREES + tree * TREE + index * 8L, entry);
        return this;
    }

    /** Sets the queues up and switches translation on. */
    public VtdSoftware boot() {
        device.write(0x90, 8, base + QUEUE | 1 << 11);
        command(1 << 26);
        device.write(0xC0, 8, 0);
        device.write(0xD0, 8, base + REQUESTS);
        device.write(0x20, 8, base + ROOT | 1 << 10);
        command(1 << 30);
        command(1 << 31);
        return this;
    }

    /** Global command: the levels that are on stay on. */
    private void command(final int bit) {
        device.write(0x18, 4, device.read(0x1C, 4) & 0x96FF_FFFFL | bit & 0xFFFF_FFFFL);
        assertThat(device.read(0x1C, 4) & bit & 0xFFFF_FFFFL).as("GSTS").isNotZero();
    }

    /** Switches translation off. */
    public void shutDown() {
        device.write(0x18, 4, device.read(0x1C, 4) & 0x16FF_FFFFL);
    }

    /** Puts a descriptor of 256 bits into the invalidation queue and waits until the unit has taken it. */
    public void submit(final long word0, final long word1) throws InterruptedException {
        put(QUEUE + tail, word0, word1, 0, 0);
        tail = (tail + DESCRIPTOR) % PAGE;
        device.write(0x88, 8, tail);
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (device.read(0x80, 8) != tail) {
            assertThat(System.nanoTime()).as("the unit takes a descriptor within 30 seconds").isLessThan(end);
            assertThat(device.read(0x34, 4) & 0x10).as("FSTS.IQE").isZero();
        }
    }

    /** Says that the entry of a PASID has changed. */
    public void pasidChanged(final int pasid) throws InterruptedException {
        submit(7 | 1 << 4 | 7 << 16 | (long) pasid << 32, 0);
    }

    /** Says that a device's context entry has changed. */
    public void contextChanged(final int requester) throws InterruptedException {
        submit(1 | 3 << 4 | (long) requester << 32, 0);
    }

    /** Invalidates translations: 2^mask pages of a PASID, leaves only if so wished. */
    public void invalidate(final int pasid, final long address, final int mask, final boolean leafOnly)
            throws InterruptedException {
        submit(6 | 3 << 4 | 7 << 16 | (long) pasid << 32, address | (leafOnly ? 1 << 6 : 0) | mask);
    }

    /** Answers a group of page requests, as it was asked. */
    public void respond(final List<Long> request, final int code) throws InterruptedException {
        final long word0 = request.get(0);
        submit(9 | word0 >>> 8 << 4 & 0x10 | (long) code << 12 | word0 & 0xFFFF_0000L | word0 & 0xF_FFFFL << 32,
                request.get(1) & 0xFF8);
    }

    /** The fault recording registers that hold a fault, two words each. */
    public List<Long> faults() {
        final long capabilities = device.read(8, 8);
        final long first = (capabilities >>> 24 & 0x3FF) * 16;
        final List<Long> words = new ArrayList<>();
        for (long at = first; at <= first + (capabilities >>> 40 & 0xFF) * 16; at += 16) {
            final long high = device.read(at + 8, 8);
            if (high < 0) {
                words.add(device.read(at, REGISTER_SIZE));
                words.add(high);
            }
        }
        return words;
    }

    /** What stands in the page request queue, the two words of each that are not 0. */
    public List<Long> requests() {
        final List<Long> words = new ArrayList<>();
        for (long at = 0; at < device.read(0xC8, 8); at += DESCRIPTOR) {
            words.add(get(REQUESTS + at));
            words.add(get(REQUESTS + at + 8));
            assertThat(get(REQUESTS + at + 16) | get(REQUESTS + at + 24)).isZero();
        }
        return words;
    }
}
