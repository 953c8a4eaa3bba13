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

package io.viommu.vmm.board;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Linux for arm64, loaded by its boot protocol (Documentation/arch/arm64/booting.rst). */
final class Arm64Image {

    /** COMMAND_LINE_SIZE, with its end. */
    static final int LONGEST_COMMAND_LINE = 2047;

    private static final int TEXT_OFFSET = 8;
    private static final int IMAGE_SIZE = 16;
    private static final int MAGIC_AT = 0x38;
    private static final int MAGIC = 0x644D_5241;
    private static final int HEADER = 64;
    private static final long ALIGNMENT = 2 << 20;

    private final byte[] file;
    private final long textOffset;
    private final long imageSize;

    /** Refuses a file that is none, in one sentence. */
    Arm64Image(final byte[] file, final String name) {
        if (!is(file)) {
            throw new IllegalArgumentException(file.length > HEADER && file[0] == 'M' && file[1] == 'Z'
                    || file.length > 0x206 && file[0x202] == 'H' && file[0x203] == 'd'
                            ? "--kernel must be an uncompressed Image of arm64, as this machine is; " + name
                                    + " is a kernel of another architecture or compressed"
                            : "--kernel must be an uncompressed Image of arm64 Linux; " + name + " is none");
        }
        this.file = file;
        final ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        final long size = header.getLong(IMAGE_SIZE);
        imageSize = size == 0 ? file.length : size; // before Linux 3.17
        textOffset = size == 0 ? 0x8_0000 : header.getLong(TEXT_OFFSET);
        if (imageSize < 0 || imageSize > 1L << 32 || textOffset < 0 || textOffset > ALIGNMENT) {
            throw new IllegalArgumentException(
                    "--kernel must be a whole Image; the header of " + name + " makes no sense");
        }
    }

    static boolean is(final byte[] file) {
        return file.length > HEADER
                && ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(MAGIC_AT) == MAGIC;
    }

    /** Where everything goes, as offsets in memory. */
    record Places(long kernel, long tree, long initrd) {
    }

    /** Copies kernel and initrd into memory; the device tree is for the caller. */
    Places load(final BoardMemory memory, final byte[] initrd, final long size) {
        final long tree = align(textOffset + Math.max(imageSize, file.length));
        final long initrdAt = tree + ALIGNMENT;
        if (initrdAt + initrd.length > size) {
            throw new IllegalArgumentException("--memory must be at least " + ((initrdAt + initrd.length >> 20) + 1)
                    + " MiB for this kernel and initrd, not " + (size >> 20));
        }
        memory.load(textOffset, file);
        memory.load(initrdAt, initrd);
        return new Places(textOffset, tree, initrdAt);
    }

    private static long align(final long offset) {
        return offset + ALIGNMENT - 1 & -ALIGNMENT;
    }
}
