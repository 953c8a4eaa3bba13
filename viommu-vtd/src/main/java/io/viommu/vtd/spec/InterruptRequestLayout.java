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

package io.viommu.vtd.spec;

/**
 * The address and data of interrupt messages: what devices and IOAPICs send (VT-d 5.1.2), and what the local APICs
 * take.
 *
 * <pre>
 *                  63          32 31    20 19           12 11     5  4   3   2  1 0
 *                 +--------------+--------+---------------+--------+---+---+---+---+
 *  remappable     |      0       |  FEEh  |      handle[14:0]      | 1 |SHV|h15| - |
 *                 +--------------+--------+---------------+--------+---+---+---+---+
 *  compatibility  |      0       |  FEEh  |  destination  |   -    | 0 |RH |DM | - |
 *                 +--------------+--------+---------------+--------+---+---+---+---+
 *  to the APICs   | dest[31:8]   |  FEEh  |  dest[7:0]    |        0   |RH |DM | 0 |
 *                 +--------------+--------+---------------+------------+---+---+---+
 *
 *                  31          16   15   14   13   11 10   8 7         0
 *                 +--------------+-----+-----+-------+------+-----------+
 *  remappable     |      0       |    subhandle with SHV, else ignored  |
 *                 +--------------+-----+-----+-------+------+-----------+
 *  to the APICs   |      0       | TM  |  1  |   0   | DLM  |  vector   |
 *                 +--------------+-----+-----+-------+------+-----------+
 * </pre>
 */
public final class InterruptRequestLayout {

    /** First address of the interrupt range. */
    public static final long RANGE = 0xFEE0_0000L;
    /** log2 of the interrupt range, which is aligned to its size. */
    public static final int RANGE_SHIFT = 20;
    /** Bits of an address that tell whether it is in the interrupt range. */
    public static final long RANGE_MASK = -1L << RANGE_SHIFT;

    /** Address: the message is of the remappable format. */
    public static final long REMAPPABLE = 1 << 4;
    /** Address: the subhandle counts. */
    public static final long SHV = 1 << 3;
    /** Address: place of the handle's bits 14 to 0. */
    public static final int HANDLE_SHIFT = 5;
    /** Bits of the handle that stand together. */
    public static final int HANDLE_MASK = 0x7FFF;
    /** Address: bit 15 of the handle. */
    public static final long HANDLE_15 = 1 << 2;
    /** Data: the subhandle. */
    public static final int SUBHANDLE = 0xFFFF;
    /** Data: reserved in the remappable format with SHV. */
    public static final int DATA_RESERVED = 0xFFFF_0000;

    /** Address to the APICs: logical destination. */
    public static final long DESTINATION_LOGICAL = 1 << 2;
    /** Address to the APICs: redirection hint. */
    public static final long REDIRECTION = 1 << 3;
    /** Address to the APICs: place of the destination's low 8 bits. */
    public static final int DESTINATION_SHIFT = 12;
    /** Address to the APICs: the rest of the destination, which stands in bits 63 to 40. */
    public static final int DESTINATION_HIGH = 0xFFFF_FF00;
    /** Data to the APICs: level-triggered. */
    public static final int TRIGGER_LEVEL = 1 << 15;
    /** Data to the APICs: asserted. */
    public static final int ASSERT = 1 << 14;
    /** Data to the APICs: place of the delivery mode. */
    public static final int DELIVERY_SHIFT = 8;

    private InterruptRequestLayout() {
    }

    /**
     * Whether an address is in the interrupt range.
     *
     * @param address any address.
     * @return true from FEE00000h to FEEFFFFFh.
     */
    public static boolean inRange(final long address) {
        return (address & RANGE_MASK) == RANGE;
    }
}
