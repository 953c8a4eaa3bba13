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

package io.viommu.vtd.remap;

import io.viommu.vtd.spec.InterruptRequestLayout;

/**
 * The message that an IOAPIC sends for one of its redirection table entries (VT-d 5.1.5.1). In the remappable format:
 *
 * <pre>
 *  63          49  48  47      17  16  15  14  13  12  11  10 8 7      0
 * +--------------+---+-----------+---+---+---+---+---+---+-----+--------+
 * | index[14:0]  | 1 |     0     | M |TM |IRR|POL|DS |i15|  0  | vector |
 * +--------------+---+-----------+---+---+---+---+---+---+-----+--------+
 * </pre>
 */
public final class IoapicEntry {

    private static final long REMAPPABLE = 1L << 48;
    private static final int INDEX_SHIFT = 49;
    private static final long INDEX_15 = 1 << 11;
    private static final long LOGICAL = 1 << 11;
    private static final long LEVEL = 1 << 15;
    private static final int DESTINATION_SHIFT = 56;

    private IoapicEntry() {
    }

    /**
     * Where the message goes.
     *
     * @param entry the redirection table entry.
     * @return an address in the interrupt range, in the format of the entry.
     */
    public static long address(final long entry) {
        if ((entry & REMAPPABLE) == 0) {
            return InterruptRequestLayout.RANGE
                    | entry >>> DESTINATION_SHIFT << InterruptRequestLayout.DESTINATION_SHIFT
                    | ((entry & LOGICAL) != 0 ? InterruptRequestLayout.DESTINATION_LOGICAL : 0);
        }
        return InterruptRequestLayout.RANGE | entry >>> INDEX_SHIFT << InterruptRequestLayout.HANDLE_SHIFT
                | InterruptRequestLayout.REMAPPABLE
                | ((entry & INDEX_15) != 0 ? InterruptRequestLayout.HANDLE_15 : 0);
    }

    /**
     * What the message says.
     *
     * @param entry the redirection table entry.
     * @return its data; with a remappable entry only the interrupt remapping table counts.
     */
    public static int data(final long entry) {
        final int trigger = (entry & LEVEL) != 0 ? InterruptRequestLayout.TRIGGER_LEVEL : 0;
        final int mode = (entry & REMAPPABLE) == 0 ? (int) (entry >>> 8) & 7 : 0;
        return trigger | InterruptRequestLayout.ASSERT | mode << InterruptRequestLayout.DELIVERY_SHIFT
                | (int) entry & 0xFF;
    }
}
