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
package io.viommu.bridge.iommufd.nested;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import io.viommu.bridge.iommufd.NestedTable;
import io.viommu.bridge.uapi.IommufdTables.VtdS1InvalidateLayout;

/**
 * A first-stage table that is attached for a PASID of a VT-d requester, with the invalidations that wait to go to the
 * hardware together. By one thread at a time.
 */
final class VtdTable {

    /** Enough for what a guest puts before a wait; more go down in several requests. */
    static final int CAPACITY = 128;
    private static final int PAGE_MASK = 0xFFF;
    private static final long ALL = -1;

    private final NestedTable table;
    private final int requester;
    private final int pasid;
    private MemorySegment entries;
    private int waiting;

    VtdTable(final NestedTable table, final int requester, final int pasid) {
        this.table = table;
        this.requester = requester;
        this.pasid = pasid;
    }

    /** Whether the kernel would take a range: whole pages, or everything from address 0 on. */
    static boolean sound(final long address, final long pages) {
        return (address & PAGE_MASK) == 0 && pages != 0 && (pages != ALL || address == 0);
    }

    int requester() {
        return requester;
    }

    int pasid() {
        return pasid;
    }

    int waiting() {
        return waiting;
    }

    void add(final long address, final long pages, final boolean leafOnly) {
        if (entries == null) {
            entries = Arena.ofAuto().allocate((long) CAPACITY * VtdS1InvalidateLayout.LENGTH, Long.BYTES);
        }
        final long at = (long) waiting++ * VtdS1InvalidateLayout.LENGTH;
        entries.set(JAVA_LONG, at + VtdS1InvalidateLayout.ADDR, address);
        entries.set(JAVA_LONG, at + VtdS1InvalidateLayout.NPAGES, pages);
        entries.set(JAVA_INT, at + VtdS1InvalidateLayout.FLAGS, leafOnly ? VtdS1InvalidateLayout.FLAG_LEAF : 0);
    }

    /**
     * Sends what waits. If the kernel stops at one, everything of the table goes in place of that one and of those
     * behind it.
     *
     * @return false if that is refused too.
     */
    boolean send() {
        final int count = waiting;
        waiting = 0;
        if (count == 0 || table.invalidateVtd(entries, count) == count) {
            return true;
        }
        add(0, ALL, false);
        waiting = 0;
        return table.invalidateVtd(entries, 1) == 1;
    }

    /** Destroys the table, which nothing is attached to any more. */
    void close() {
        table.close();
    }
}
