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

import io.viommu.iommu.InterruptRemapper;
import io.viommu.iommu.MessageWindow;

/** What a board has for interrupt messages. */
enum MsiTarget {
    /** Local APICs. */
    LOCAL_APIC(0xFEE0_0000L, 0x10_0000L),
    /** The ITS's translation register GITS_TRANSLATER. */
    ITS(0x0809_0040L, 4);

    private final long base;
    private final long size;

    MsiTarget(final long base, final long size) {
        this.base = base;
        this.size = size;
    }

    static MsiTarget of(final Board board) {
        return board == Board.VIRT ? ITS : LOCAL_APIC;
    }

    /** How devices reach it. */
    MessageWindow window(final InterruptRemapper target) {
        return this == LOCAL_APIC ? MessageWindow.localApics(target) : MessageWindow.doorbell(base, size, target);
    }

    /**
     * Whether a message of the IOMMU to that address arrives. In x2APIC mode the upper half is part of the destination
     * (VT-d, 5.1.5.2 and 11.4.7).
     */
    boolean delivers(final long address) {
        final long decoded = this == LOCAL_APIC ? address & 0xFFFF_FFFFL : address;
        return Long.compareUnsigned(decoded - base, size) < 0;
    }
}
