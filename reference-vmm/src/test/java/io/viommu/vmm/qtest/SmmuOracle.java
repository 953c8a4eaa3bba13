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
package io.viommu.vmm.qtest;

import java.util.Map;

/**
 * What an SMMUv3 does with one access, written down a second time: straight from the pseudocode of IHI 0070 (5.2.2, 5.4.2,
 * 7.3.22) and the rules of DDI 0487 D8, by bit numbers, one step after the other, slowly. It shares nothing with the model
 * that it checks. Stream 8, no SubstreamID; updates of descriptors go into the memory that it was given.
 */
class SmmuOracle {

    private static final int[] SIZES = { 32, 36, 40, 42, 44, 48, 52, 52 };
    private static final int[] GRANULES_0 = { 12, 16, 14, 0 };
    private static final int[] GRANULES_1 = { 0, 14, 12, 16 };
    private static final long RAM_BEGIN = 0x4000_0000L;
    private static final long RAM_END = 0x6000_0000L;
    private static final long ADDRESS = 0x00FF_FFFF_FFFF_FFFFL;
    private static final int CLASS_CD = 0;
    private static final int CLASS_TT = 1;
    private static final int CLASS_IN = 2;

    /** Rights, as {@link #rights} has them. */
    static final int READ = 1;
    static final int WRITE = 2;
    static final int EXECUTE = 4;

    /** An event that ends the access; {@code stage2} and the rest are those of its record. */
    static final class Fault extends Exception {
        private static final long serialVersionUID = 1;
        final int type;
        private final boolean stage2;
        private final int klass;
        private final long address;
        private final boolean tableRead;

        Fault(final int type, final boolean stage2, final int klass, final long address, final boolean tableRead) {
            super(null, null, false, false);
            this.type = type;
            this.stage2 = stage2;
            this.klass = klass;
            this.address = address;
            this.tableRead = tableRead;
        }

        static Fault stage1(final int type) {
            return new Fault(type, false, CLASS_IN, 0, false);
        }
    }

    private final boolean everything;
    private final int oas;
    private final Map<Long, Long> memory;
    private final Structure entry;
    private Structure context;
    boolean write;
    boolean privileged;
    private boolean fetch;
    /** Permissions are not judged but collected: of the privilege in effect, without updates of the dirty state. */
    boolean asking;
    int rights;
    /** log2 of what is translated alike. */
    int span;
    /** CR2.E2H. */
    boolean hosts;
    /** The event record as {@link SmmuBoard#takeEvents} gives it, or null. */
    String event;
    private long output;

    /** {@code everything}: what the embedded model offers, else what QEMU's does. */
    SmmuOracle(final boolean everything, final Map<Long, Long> memory, final Structure entry) {
        this.everything = everything;
        this.oas = everything ? 48 : 44;
        this.memory = memory;
        this.entry = entry;
    }

    String event() {
        return event;
    }

    /** Where the access goes, after {@code ok} without an event. */
    long output() {
        return output;
    }

    /** Answers {@code ok} or {@code fault}, and leaves the record, if there is one, in {@link #event}. */
    String access(final long address, final boolean toWrite, final boolean asPrivileged, final boolean asFetch) {
        write = toWrite;
        privileged = override(112, asPrivileged);
        fetch = !toWrite && override(114, asFetch);
        final int config = (int) ste(1, 3);
        if (ste(0, 1) == 0 || config >= 4 && illegalEntry(config)) {
            return configuration(4, 0);
        }
        if (config < 4) {
            return "fault";
        }
        try {
            output = translate(config, address);
            return inRam(output) ? "ok" : "fault";
        } catch (final Fault fault) {
            return end(fault, address);
        }
    }

    boolean override(final int low, final boolean incoming) {
        final long field = everything ? ste(low, 2) : 0;
        return field < 2 ? incoming : field == 3;
    }

    private String configuration(final int type, final long fetched) {
        event = SmmuBoard.event(type, 0, 0, fetched);
        return "fault";
    }

    private String end(final Fault fault, final long input) {
        final long attributes = (write ? 0 : 1L << 35) | (privileged ? 1L << 33 : 0) | (fetch ? 1L << 34 : 0)
                | (long) fault.klass << 40 | (fault.stage2 ? 1L << 39 : 0) | (fault.tableRead ? 1L << 44 : 0);
        if (fault.type < 0x10) {
            final boolean walk = fault.type == 0xB;
            event = SmmuBoard.event(fault.type, walk ? attributes : 0, walk ? input : 0, fault.address & ADDRESS & ~7L);
            return "fault";
        }
        final boolean known = context != null;
        final boolean stalls = fault.stage2 ? ste(185, 1) != 0 : known && cd(44, 1) != 0;
        final boolean recorded = stalls || (fault.stage2 ? ste(186, 1) != 0 : !known || cd(45, 1) != 0);
        if (recorded) {
            event = SmmuBoard.event(fault.type, attributes | (stalls ? 1L << 31 : 0), input,
                    fault.stage2 ? fault.address & ADDRESS & ~0xFFFL : 0);
        }
        return stalls || fault.stage2 || !known || cd(46, 1) != 0 ? "fault" : "ok";
    }

    private long translate(final int config, final long address) throws Fault {
        return output(config, intermediate(config, address));
    }

    /** What comes out of stage 1, which may be skipped. */
    long intermediate(final int config, final long address) throws Fault {
        rights = READ | WRITE | EXECUTE;
        span = oas;
        boolean stage1 = (config & 1) != 0;
        final int log2 = everything ? (int) ste(59, 5) : 0;
        if (stage1 && log2 != 0) {
            final int without = (int) ste(64, 2);
            if (without == 0 || without == 3) {
                throw new Fault(6, false, 0, 0, false);
            }
            stage1 = without == 2;
        }
        if (stage1) {
            context = fetchContext(log2);
            return stage1(address);
        }
        if (address >>> oas != 0) {
            throw Fault.stage1(0x11);
        }
        return address;
    }

    /** What comes out of stage 2, if there is one. */
    long output(final int config, final long intermediate) throws Fault {
        return (config & 2) == 0
                ? intermediate
                : stage2(intermediate, CLASS_IN, !write && !fetch, write, fetch, privileged);
    }

    private Structure fetchContext(final int log2) throws Fault {
        final long pointer = ste(0, 56) & ~0x3FL;
        final int format = (int) ste(4, 2);
        long at = pointer & -1L << 6 + log2;
        if (log2 != 0 && (format == 1 || format == 2)) {
            final long table = ofContext(pointer & -1L << Math.max(6, log2 - (format == 1 ? 6 : 10) + 3));
            if (!inRam(table)) {
                throw new Fault(9, false, 0, table, false);
            }
            final long word = load(table);
            at = word & ADDRESS & (format == 1 ? ~0xFFFL : ~0xFFFFL);
            if ((word & 1) == 0 || at >>> oas != 0) {
                throw new Fault(8, false, 0, 0, false);
            }
        }
        final long physical = ofContext(at);
        if (!inRam(physical)) {
            throw new Fault(9, false, 0, physical, false);
        }
        final Structure fetched = new Structure();
        for (int i = 0; i < fetched.words.length; i++) {
            fetched.words[i] = load(physical + 8L * i);
        }
        if (illegalContext(fetched)) {
            throw new Fault(0xA, false, 0, 0, false);
        }
        return fetched;
    }

    private long ofContext(final long address) throws Fault {
        return (ste(1, 3) & 2) == 0 ? address : stage2(address, CLASS_CD, true, false, false, true);
    }

    boolean illegalEntry(final int config) {
        if (config == 5 && everything && ste(94, 1) != 0) {
            return true;
        }
        if ((config & 1) != 0 && (ste(91, 1) != 0 && !everything || everything && ste(59, 5) > 20
                || (ste(0, 56) & ~0x3FL) >>> oas != 0)) {
            return true;
        }
        final boolean stage2 = (config & 2) != 0;
        final long ats = everything && (config & 3) != 0 ? ste(92, 2) : 0;
        if (ats == 2 && (config != 7 || ste(185, 1) != 0) || ats == 1 && stage2 && ste(185, 1) != 0) {
            return true;
        }
        if (!stage2) {
            return false;
        }
        final int granule = GRANULES_0[(int) ste(174, 2)];
        if (!everything && (ste(183, 3) != 0) || ste(179, 1) == 0 || ste(180, 1) != 0 || granule == 0
                || (ste(196, 48) << 4) >>> outputBits(ste(176, 3), granule) != 0) {
            return true;
        }
        final long size = ste(160, 6);
        final long field = ste(166, 2);
        if (size < Math.max(granule == 16 ? 12 : 16, 64 - oas) || size > 39 || field == 3) {
            return true;
        }
        final int stride = granule - 3;
        final int least = (3 - startLevel2()) * stride + granule + 1;
        return 64 - size < least || 64 - size > least + stride - 1 + 4;
    }

    private boolean illegalContext(final Structure cd) {
        final boolean lower = get(cd, 14, 1) == 0 || hypervisor();
        final boolean upper = get(cd, 30, 1) == 0 && !hypervisor();
        final boolean stall = get(cd, 44, 1) != 0;
        return get(cd, 31, 1) == 0 || stall && (ste(91, 1) != 0 || !everything) || !everything && get(cd, 46, 1) == 0
                || (lower || upper) && get(cd, 15, 1) != 0 || get(cd, 41, 1) == 0
                || !everything && get(cd, 42, 2) != 0
                || lower && illegalHalf(cd, 0, GRANULES_0[(int) get(cd, 6, 2)], 68)
                || upper && illegalHalf(cd, 16, GRANULES_1[(int) get(cd, 22, 2)], 132);
    }

    /** The world of EL2 without E2H: one half, no users. */
    private boolean hypervisor() {
        return everything && !hosts && ste(1, 3) == 5 && ste(94, 2) == 2;
    }

    private boolean illegalHalf(final Structure cd, final int size, final int granule, final int table) {
        return get(cd, size, 6) < 16 || get(cd, size, 6) > 39 || granule == 0
                || (get(cd, table, 48) << 4) >>> outputBits(get(cd, 32, 3), granule) != 0;
    }

    private int startLevel2() {
        return (int) ((ste(174, 2) == 0 ? 2 : 3) - ste(166, 2));
    }

    private int outputBits(final long encoding, final int granule) {
        final int bits = Math.min(SIZES[(int) encoding], oas);
        return granule == 16 ? bits : Math.min(bits, 48);
    }

    private long stage1(final long address) throws Fault {
        final int half = hypervisor() ? 0 : (int) (address >>> 55 & 1);
        final int top = cd(38 + half, 1) != 0 ? 55 : 63;
        final int bits = 64 - (int) cd(half * 16, 6);
        final long above = hypervisor()
                ? address << 63 - top >>> 63 - top >>> bits
                : address << 63 - top >> 63 - top >> bits;
        if (cd(half == 0 ? 14 : 30, 1) != 0 && !hypervisor() || above != -half) {
            throw Fault.stage1(0x10);
        }
        final int granule = half == 0 ? GRANULES_0[(int) cd(6, 2)] : GRANULES_1[(int) cd(22, 2)];
        final int stride = granule - 3;
        int level = 4 - (bits - granule + stride - 1) / stride;
        final long input = address & (1L << bits) - 1;
        long base = cd(68 + 64 * half, 48) << 4 & -1L << bits - shift(granule, level) + 3;
        long index = input >>> shift(granule, level);
        long hierarchy = 0;
        while (true) {
            final long at = base + 8 * index;
            final long physical = (ste(1, 3) & 2) == 0 ? at : stage2(at, CLASS_TT, true, false, false, true);
            if (!inRam(physical)) {
                throw new Fault(0xB, false, CLASS_TT, physical, false);
            }
            final long descriptor = load(physical);
            final boolean leaf = leaf(descriptor, level, granule, false, 0, CLASS_IN);
            base = next(descriptor, level, granule, leaf);
            if (base >>> outputBits(cd(32, 3), granule) != 0) {
                throw Fault.stage1(0x11);
            }
            if (leaf) {
                permit1(at, physical, descriptor, hierarchy);
                span = Math.min(span, shift(granule, level));
                return base | input & (1L << shift(granule, level)) - 1;
            }
            hierarchy |= cd(65 + 64 * half, 1) != 0 ? 0 : descriptor;
            level++;
            index = input >>> shift(granule, level) & (1L << stride) - 1;
        }
    }

    private void permit1(final long at, final long physical, final long descriptor, final long hierarchy)
            throws Fault {
        final boolean flags = cd(43, 1) != 0;
        final boolean clean = flags && cd(42, 1) != 0 && bit(descriptor, 51) && bit(descriptor, 7);
        if (!bit(descriptor, 10) && !flags && cd(35, 1) == 0) {
            throw Fault.stage1(0x12);
        }
        final boolean alike = hypervisor();
        final boolean user = alike || bit(descriptor, 6) && !bit(hierarchy, 61);
        final boolean writable = (!bit(descriptor, 7) || clean) && !bit(hierarchy, 62);
        final boolean userWrites = user && writable;
        final boolean never = cd(36, 1) != 0;
        final boolean userRuns = !bit(descriptor, 54) && !bit(hierarchy, 60) && !(never && userWrites);
        final boolean privilegedRuns = alike
                ? userRuns
                : !bit(descriptor, 53) && !bit(hierarchy, 59) && !userWrites && !(never && writable);
        final boolean kept = cd(40, 1) == 0 || !user || alike;
        if (asking) {
            rights &= ((privileged ? kept : user) ? READ : 0)
                    | ((privileged ? writable && kept : userWrites) && !clean ? WRITE : 0)
                    | ((privileged ? privilegedRuns : userRuns) ? EXECUTE : 0);
        }
        final boolean allowed = write
                ? privileged ? writable && kept : userWrites
                : fetch ? privileged ? privilegedRuns : userRuns : privileged ? kept : user;
        if (!allowed && !asking) {
            throw Fault.stage1(0x13);
        }
        final boolean dirties = clean && write && !asking;
        final long updated = (flags ? descriptor | 1 << 10 : descriptor) & (dirties ? ~(1L << 7) : -1L);
        if (updated != descriptor) {
            final long target = (ste(1, 3) & 2) == 0 ? physical : stage2(at, CLASS_TT, true, true, false, true);
            memory.put(target, updated);
        }
    }

    private long stage2(final long address, final int klass, final boolean reads, final boolean writes,
            final boolean runs, final boolean asPrivileged) throws Fault {
        final int bits = 64 - (int) ste(160, 6);
        if (address >>> bits != 0) {
            throw new Fault(0x10, true, klass, address, false);
        }
        final int granule = GRANULES_0[(int) ste(174, 2)];
        int level = startLevel2();
        long base = ste(196, 48) << 4 & -1L << Math.max(bits - shift(granule, level) + 3, 4);
        long index = address >>> shift(granule, level);
        while (true) {
            final long at = base + 8 * index;
            if (!inRam(at)) {
                throw new Fault(0xB, true, klass, at, false);
            }
            final long descriptor = load(at);
            final boolean leaf = leaf(descriptor, level, granule, true, address, klass);
            base = next(descriptor, level, granule, leaf);
            if (base >>> outputBits(ste(176, 3), granule) != 0) {
                throw new Fault(0x11, true, klass, address, false);
            }
            if (leaf) {
                final boolean tableRead = klass == CLASS_TT && !writes;
                permit2(at, descriptor, new Fault(0x12, true, klass, address, false),
                        new Fault(0x13, true, klass, address, tableRead),
                        new boolean[]{ reads, writes, runs, asPrivileged, klass != CLASS_IN });
                span = klass == CLASS_IN ? Math.min(span, shift(granule, level)) : span;
                return base | address & (1L << shift(granule, level)) - 1;
            }
            level++;
            index = address >>> shift(granule, level) & (1L << granule - 3) - 1;
        }
    }

    private void permit2(final long at, final long descriptor, final Fault access, final Fault permission,
            final boolean[] wanted) throws Fault {
        final boolean flags = ste(184, 1) != 0;
        final boolean clean = flags && ste(183, 1) != 0 && bit(descriptor, 51) && !bit(descriptor, 7);
        if (!bit(descriptor, 10) && !flags && ste(181, 1) == 0) {
            throw access;
        }
        final int never = (int) (descriptor >>> 53) & 3;
        final boolean runs = never == 0 || never == (wanted[3] ? 3 : 1);
        final boolean device = (descriptor >>> 4 & (everything && ste(89, 1) != 0 ? 1 : 3)) == 0;
        final boolean collects = asking && !wanted[4];
        if (collects) {
            rights &= (bit(descriptor, 6) ? READ : 0) | (bit(descriptor, 7) ? WRITE : 0) | (runs ? EXECUTE : 0);
        } else if (wanted[0] && !bit(descriptor, 6) || wanted[1] && !bit(descriptor, 7) && !clean || wanted[2] && !runs
                || wanted[4] && ste(182, 1) != 0 && device) {
            throw permission;
        }
        final long updated = descriptor | (flags ? 1 << 10 : 0) | (clean && wanted[1] && !collects ? 1 << 7 : 0);
        if (updated != descriptor) {
            memory.put(at, updated);
        }
    }

    private static boolean leaf(final long descriptor, final int level, final int granule, final boolean stage2,
            final long address, final int klass) throws Fault {
        final boolean table = bit(descriptor, 1);
        final boolean block = granule == 12 ? level == 1 || level == 2 : level == 2;
        if (!bit(descriptor, 0) || level == 3 && !table || level < 3 && !table && !block) {
            throw stage2 ? new Fault(0x10, true, klass, address, false) : Fault.stage1(0x10);
        }
        return level == 3 || !table;
    }

    private static long next(final long descriptor, final int level, final int granule, final boolean leaf) {
        final long low = descriptor & 0xFFFF_FFFF_FFFFL & -1L << (leaf ? shift(granule, level) : granule);
        return granule == 16 ? low | (descriptor >>> 12 & 0xF) << 48 : low;
    }

    private static int shift(final int granule, final int level) {
        return granule + (3 - level) * (granule - 3);
    }

    private static boolean bit(final long word, final int number) {
        return (word >>> number & 1) != 0;
    }

    private static boolean inRam(final long address) {
        return address >= RAM_BEGIN && address < RAM_END;
    }

    private long load(final long address) {
        return memory.getOrDefault(address, 0L);
    }

    long ste(final int low, final int width) {
        return get(entry, low, width);
    }

    private long cd(final int low, final int width) {
        return get(context, low, width);
    }

    private static long get(final Structure structure, final int low, final int width) {
        return structure.words[low >> 6] >>> (low & 63) & (1L << width) - 1;
    }
}
