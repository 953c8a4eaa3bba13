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

package io.viommu.device;

/**
 * One row of a register table: everything about a register that is data.
 *
 * @param name     the specification's name, for people.
 * @param offset   bytes from the start of the frame; a multiple of the width.
 * @param width    4 or 8 bytes.
 * @param reset    value after reset.
 * @param writable bits that a guest write stores.
 * @param clear    bits that a guest clears by writing 1 (W1C); disjoint from {@code writable}.
 */
public record Register(String name, int offset, int width, long reset, long writable, long clear) {

    /**
     * Checks the row, so that a slip in a table shows when the class is loaded.
     */
    public Register {
        if (width != 4 && width != 8) {
            throw new IllegalArgumentException(name + ": width must be 4 or 8, not " + width);
        }
        if (offset < 0 || offset % width != 0) {
            throw new IllegalArgumentException(name + ": offset must be a multiple of the width");
        }
        if ((writable & clear) != 0) {
            throw new IllegalArgumentException(name + ": a bit is both writable and write-1-to-clear");
        }
        if (width == 4 && ((reset | writable | clear) >>> 32) != 0) {
            throw new IllegalArgumentException(name + ": a 32-bit register has bits above 31");
        }
    }

    /**
     * A 32-bit register that software only reads.
     *
     * @param name   the specification's name.
     * @param offset bytes from the start of the frame.
     * @param reset  its value after reset.
     * @return the row.
     */
    public static Register readOnly32(final String name, final int offset, final long reset) {
        return new Register(name, offset, 4, reset, 0, 0);
    }

    /**
     * A 32-bit register with writable bits.
     *
     * @param name     the specification's name.
     * @param offset   bytes from the start of the frame.
     * @param reset    its value after reset.
     * @param writable bits a write stores.
     * @return the row.
     */
    public static Register readWrite32(final String name, final int offset, final long reset, final long writable) {
        return new Register(name, offset, 4, reset, writable, 0);
    }

    /**
     * A 64-bit register that software only reads.
     *
     * @param name   the specification's name.
     * @param offset bytes from the start of the frame.
     * @param reset  its value after reset.
     * @return the row.
     */
    public static Register readOnly64(final String name, final int offset, final long reset) {
        return new Register(name, offset, 8, reset, 0, 0);
    }

    /**
     * A 64-bit register with writable bits.
     *
     * @param name     the specification's name.
     * @param offset   bytes from the start of the frame.
     * @param reset    its value after reset.
     * @param writable bits a write stores.
     * @return the row.
     */
    public static Register readWrite64(final String name, final int offset, final long reset, final long writable) {
        return new Register(name, offset, 8, reset, writable, 0);
    }

    /**
     * The same register with another reset value, for tables whose identification registers depend on configuration.
     *
     * @param value the reset value.
     * @return the row.
     */
    public Register withReset(final long value) {
        return new Register(name, offset, width, value, writable, clear);
    }
}
