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

import io.viommu.vmm.kvm.X86State;

/**
 * Linux for x86_64, loaded by its 64-bit boot protocol (Documentation/arch/x86/boot.rst): the part for protected mode
 * goes to the address that it prefers, and finds the command line, the initrd, the memory map and the ACPI tables by
 * the zero page.
 */
final class BzImage {

    private static final long ZERO_PAGE = 0x1_0000;
    private static final long COMMAND_LINE = 0x2_0000;
    private static final int LONGEST_COMMAND_LINE = 2047;
    private static final long STACK = 0x8000;
    private static final int ENTRY_64 = 0x200;
    private static final int PAGE = 4096;
    private static final int SECTOR = 512;

    // the setup header
    private static final int SETUP_SECTIONS = 0x1F1;
    private static final int BOOT_FLAG = 0x1FE;
    private static final int JUMP_TARGET = 0x201;
    private static final int MAGIC_AT = 0x202;
    private static final int MAGIC = 0x5372_6448;
    private static final int VERSION = 0x206;
    private static final int OLDEST_VERSION = 0x20C;
    private static final int VIDEO_MODE = 0x1FA;
    private static final int LOADER = 0x210;
    private static final int LOAD_FLAGS = 0x211;
    private static final int INITRD_ADDRESS = 0x218;
    private static final int INITRD_SIZE = 0x21C;
    private static final int COMMAND_LINE_ADDRESS = 0x228;
    private static final int INITRD_LIMIT = 0x22C;
    private static final int EXTENDED_FLAGS = 0x236;
    private static final int PREFERRED_ADDRESS = 0x258;
    private static final int MEMORY_NEEDED = 0x260;
    // the zero page
    private static final int RSDP = 0x70;
    private static final int MAP_ENTRIES = 0x1E8;
    private static final int MAP = 0x2D0;
    private static final int MAP_ENTRY = 20;

    private final byte[] file;
    private final ByteBuffer header;
    private final int setupSize;

    /** Memory as the guest is told it is. */
    record MapEntry(long base, long size, boolean ram) {
    }

    /** Refuses a file that is none, in one sentence. */
    BzImage(final byte[] file, final String name) {
        this.file = file;
        header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (Arm64Image.is(file)) {
            throw new IllegalArgumentException(
                    "--kernel must be a bzImage of x86_64, as this machine is; " + name + " is an Image of arm64");
        }
        if (file.length < 2 * SECTOR || header.getInt(MAGIC_AT) != MAGIC
                || (header.getShort(BOOT_FLAG) & 0xFFFF) != 0xAA55) {
            throw new IllegalArgumentException("--kernel must be a bzImage of Linux; " + name + " is none");
        }
        if ((header.getShort(VERSION) & 0xFFFF) < OLDEST_VERSION || (header.getShort(EXTENDED_FLAGS) & 1) == 0) {
            throw new IllegalArgumentException("--kernel must have a 64-bit entry; " + name + " has none");
        }
        final int sectors = file[SETUP_SECTIONS] & 0xFF;
        setupSize = ((sectors == 0 ? 4 : sectors) + 1) * SECTOR;
        if (file.length <= setupSize) {
            throw new IllegalArgumentException("--kernel must be a whole bzImage; " + name + " is cut short");
        }
    }

    private long loadAddress() {
        return header.getLong(PREFERRED_ADDRESS);
    }

    /** Copies everything into memory; the address of the first instruction. */
    long load(final BoardMemory memory, final byte[] initrd, final String commandLine, final long lowMemory) {
        final long load = loadAddress();
        final long kernelEnd = load + Math.max(header.getInt(MEMORY_NEEDED) & 0xFFFF_FFFFL, file.length - setupSize);
        final long limit = Math.min(lowMemory, (header.getInt(INITRD_LIMIT) & 0xFFFF_FFFFL) + 1);
        final long initrdAt = limit - initrd.length & -PAGE;
        if (load < 1 << 20 || kernelEnd > lowMemory || initrdAt < kernelEnd) {
            throw new IllegalArgumentException("--memory must be at least " + mebibytes(kernelEnd + initrd.length)
                    + " MiB for this kernel and initrd, not " + (lowMemory >> 20));
        }
        final byte[] line = LinuxText.commandLine(commandLine, LONGEST_COMMAND_LINE);
        memory.load(load, file, setupSize, file.length - setupSize);
        memory.load(initrdAt, initrd);
        memory.load(COMMAND_LINE, line);
        final ByteBuffer page = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
        final int headerEnd = MAGIC_AT + (file[JUMP_TARGET] & 0xFF);
        page.put(SETUP_SECTIONS, file, SETUP_SECTIONS, headerEnd - SETUP_SECTIONS);
        page.putShort(VIDEO_MODE, (short) -1).put(LOADER, (byte) 0xFF)
                .put(LOAD_FLAGS, (byte) (page.get(LOAD_FLAGS) | 1)).putInt(COMMAND_LINE_ADDRESS, (int) COMMAND_LINE)
                .putInt(INITRD_ADDRESS, initrd.length == 0 ? 0 : (int) initrdAt)
                .putInt(INITRD_SIZE, initrd.length);
        memory.load(ZERO_PAGE, page.array());
        return load + ENTRY_64;
    }

    private static long mebibytes(final long bytes) {
        return (bytes >> 20) + 1;
    }

    /** Says where memory and tables are; after {@link #load}. */
    static void describe(final BoardMemory memory, final long rsdp, final MapEntry... map) {
        final ByteBuffer page = memory.low().asSlice(ZERO_PAGE, PAGE).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        page.putLong(RSDP, rsdp).put(MAP_ENTRIES, (byte) map.length);
        for (int i = 0; i < map.length; i++) {
            final int at = MAP + i * MAP_ENTRY;
            page.putLong(at, map[i].base()).putLong(at + 8, map[i].size()).putInt(at + 16, map[i].ram() ? 1 : 2);
        }
    }

    /** The registers that the kernel expects, besides those of {@link X86State}. */
    static long zeroPage() {
        return ZERO_PAGE;
    }

    static long stack() {
        return STACK;
    }
}
