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

package io.viommu.bridge.vfiouser;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Cuts region accesses of any length into naturally aligned ones of 8, 4, 2 and 1 bytes, as a bus would. */
final class Pieces {

    private Pieces() {
    }

    private static int size(final long offset, final int left) {
        final long aligned = offset == 0 ? Long.BYTES : Math.min(Long.lowestOneBit(offset), Long.BYTES);
        return (int) Math.min(aligned, Integer.highestOneBit(Math.min(left, Long.BYTES)));
    }

    static void read(final VfioUserFunction function, final int region, final long offset,
            final MutableDirectBuffer to, final int at, final int count) {
        int done = 0;
        while (done < count) {
            final int size = size(offset + done, count - done);
            final long value = function.read(region, offset + done, size);
            switch (size) {
                case Long.BYTES -> to.putLong(at + done, value);
                case Integer.BYTES -> to.putInt(at + done, (int) value);
                case Short.BYTES -> to.putShort(at + done, (short) value);
                default -> to.putByte(at + done, (byte) value);
            }
            done += size;
        }
    }

    static void write(final VfioUserFunction function, final int region, final long offset, final DirectBuffer from,
            final int at, final int count) {
        int done = 0;
        while (done < count) {
            final int size = size(offset + done, count - done);
            final long value = switch (size) {
                case Long.BYTES -> from.getLong(at + done);
                case Integer.BYTES -> from.getInt(at + done) & 0xFFFF_FFFFL;
                case Short.BYTES -> from.getShort(at + done) & 0xFFFF;
                default -> from.getByte(at + done) & 0xFF;
            };
            function.write(region, offset + done, size, value);
            done += size;
        }
    }
}
