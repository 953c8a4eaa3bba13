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

package io.viommu.vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import io.viommu.vmm.kvm.KvmLayouts.Dtable;
import io.viommu.vmm.kvm.KvmLayouts.Regs;
import io.viommu.vmm.kvm.KvmLayouts.Segment;
import io.viommu.vmm.kvm.KvmLayouts.Sregs;

/**
 * Puts a vCPU of x86 into 64-bit mode as Linux's boot protocol wants it (Documentation/arch/x86/boot.rst): flat
 * segments, the first 4 GiB mapped to themselves, interrupts off.
 *
 * <pre>
 *  0x0500 GDT: null, null, 0x10 code, 0x18 data   0x9000 PML4   0xA000 PDPT   0xB000 four page directories, to 0xEFFF
 * </pre>
 */
public final class X86State {

    /** The first byte behind what {@link #enterLongMode} puts into memory; it begins at 0x500. */
    public static final long TABLES_END = 0xF000;

    private static final long GDT = 0x500;
    private static final long PML4 = 0x9000;
    private static final long PDPT = 0xA000;
    private static final long DIRECTORIES = 0xB000;
    private static final int GIBIBYTES = 4;
    private static final int ENTRIES = 512;
    private static final long PAGE = 4096;
    private static final int LARGE_PAGE_SHIFT = 21;
    private static final long TABLE = 0b11;
    private static final long LARGE_PAGE = 0x83;
    private static final long CODE_DESCRIPTOR = 0x00AF_9B00_0000_FFFFL;
    private static final long DATA_DESCRIPTOR = 0x00CF_9300_0000_FFFFL;
    private static final short CODE = 0x10;
    private static final short DATA = 0x18;
    private static final byte CODE_TYPE = 0xB;
    private static final byte DATA_TYPE = 3;
    private static final byte BUSY_TSS = 0xB;
    private static final int TSS_LIMIT = 0xFFFF;

    private static final long CR0_PE_ET_PG = 0x8000_0011L;
    private static final long CR4_PAE = 0x20;
    private static final long CR4_SSE = 0x600;
    private static final long EFER_LME_LMA = 0x500;
    private static final long X2APIC = 0xC00;
    private static final long RESERVED_FLAG = 2;

    private X86State() {
    }

    /**
     * Enters 64-bit mode.
     *
     * @param vcpu   the boot CPU, which has not run.
     * @param memory the guest's memory from address 0 on.
     * @param entry  the first instruction.
     * @param rsi    what Linux finds its boot parameters by.
     * @param rsp    the stack.
     */
    public static void enterLongMode(final KvmVcpu vcpu, final MemorySegment memory, final long entry,
            final long rsi, final long rsp) {
        writeTables(memory);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment sregs = arena.allocate(Sregs.LENGTH, Long.BYTES);
            vcpu.call("KVM_GET_SREGS", KvmRequest.GET_SREGS, sregs);
            segment(sregs.asSlice(Sregs.CS), CODE, CODE_TYPE, true);
            for (final int offset : new int[]{ Sregs.DS, Sregs.ES, Sregs.FS, Sregs.GS, Sregs.SS }) {
                segment(sregs.asSlice(offset), DATA, DATA_TYPE, false);
            }
            taskState(sregs.asSlice(Sregs.TR));
            sregs.set(Native.LONG, Sregs.GDT + Dtable.BASE, GDT);
            sregs.set(Native.SHORT, Sregs.GDT + Dtable.LIMIT, (short) (4 * Long.BYTES - 1));
            sregs.set(Native.LONG, Sregs.IDT + Dtable.BASE, 0);
            sregs.set(Native.SHORT, Sregs.IDT + Dtable.LIMIT, (short) 0);
            sregs.set(Native.LONG, Sregs.CR0, CR0_PE_ET_PG);
            sregs.set(Native.LONG, Sregs.CR3, PML4);
            sregs.set(Native.LONG, Sregs.CR4, CR4_PAE | CR4_SSE);
            sregs.set(Native.LONG, Sregs.EFER, EFER_LME_LMA);
            vcpu.call("KVM_SET_SREGS", KvmRequest.SET_SREGS, sregs);

            final MemorySegment regs = arena.allocate(Regs.LENGTH, Long.BYTES);
            regs.set(Native.LONG, Regs.RIP, entry);
            regs.set(Native.LONG, Regs.RSI, rsi);
            regs.set(Native.LONG, Regs.RSP, rsp);
            regs.set(Native.LONG, Regs.RFLAGS, RESERVED_FLAG);
            vcpu.call("KVM_SET_REGS", KvmRequest.SET_REGS, regs);
        }
    }

    private static void writeTables(final MemorySegment memory) {
        memory.set(Native.LONG, PML4, PDPT | TABLE);
        for (int i = 0; i < GIBIBYTES; i++) {
            memory.set(Native.LONG, PDPT + (long) Long.BYTES * i, DIRECTORIES + PAGE * i | TABLE);
        }
        for (long i = 0; i < GIBIBYTES * ENTRIES; i++) {
            memory.set(Native.LONG, DIRECTORIES + Long.BYTES * i, i << LARGE_PAGE_SHIFT | LARGE_PAGE);
        }
        memory.set(Native.LONG, GDT, 0);
        memory.set(Native.LONG, GDT + Long.BYTES, 0);
        memory.set(Native.LONG, GDT + CODE, CODE_DESCRIPTOR);
        memory.set(Native.LONG, GDT + DATA, DATA_DESCRIPTOR);
    }

    private static void segment(final MemorySegment to, final short selector, final byte type, final boolean code) {
        to.asSlice(0, Segment.LENGTH).fill((byte) 0);
        to.set(Native.INT, Segment.LIMIT, -1);
        to.set(Native.SHORT, Segment.SELECTOR, selector);
        to.set(Native.BYTE, Segment.TYPE, type);
        to.set(Native.BYTE, Segment.PRESENT, (byte) 1);
        to.set(Native.BYTE, Segment.S, (byte) 1);
        to.set(Native.BYTE, code ? Segment.L : Segment.DB, (byte) 1);
        to.set(Native.BYTE, Segment.G, (byte) 1);
    }

    private static void taskState(final MemorySegment to) {
        to.asSlice(0, Segment.LENGTH).fill((byte) 0);
        to.set(Native.INT, Segment.LIMIT, TSS_LIMIT);
        to.set(Native.BYTE, Segment.TYPE, BUSY_TSS);
        to.set(Native.BYTE, Segment.PRESENT, (byte) 1);
    }

    /**
     * Switches a local APIC to x2APIC mode, in which ids have 32 bits. After its CPUID was set.
     *
     * @param vcpu which has not run.
     */
    public static void enterX2apicMode(final KvmVcpu vcpu) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment sregs = arena.allocate(Sregs.LENGTH, Long.BYTES);
            vcpu.call("KVM_GET_SREGS", KvmRequest.GET_SREGS, sregs);
            sregs.set(Native.LONG, Sregs.APIC_BASE, sregs.get(Native.LONG, Sregs.APIC_BASE) | X2APIC);
            vcpu.call("KVM_SET_SREGS", KvmRequest.SET_SREGS, sregs);
        }
    }

    /**
     * Where a vCPU is, for a sentence.
     *
     * @param vcpu which does not run just now.
     * @return its instruction pointer.
     */
    public static long instructionPointer(final KvmVcpu vcpu) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment regs = arena.allocate(Regs.LENGTH, Long.BYTES);
            vcpu.call("KVM_GET_REGS", KvmRequest.GET_REGS, regs);
            return regs.get(Native.LONG, Regs.RIP);
        }
    }
}
