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

import static io.viommu.vmm.qtest.SmmuBoard.ALL;
import static io.viommu.vmm.qtest.SmmuBoard.NOWHERE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random entries, contexts and tables of both stages, mostly sound and here and there broken: the device behind the door
 * and {@link SmmuOracle} agree on the answer, on every bit of the event record, and on what becomes of the tables.
 */
class SmmuOracleTest {

    private static final long CONTEXT = SmmuBoard.CONTEXTS;
    private static final long SECOND_CONTEXT = CONTEXT + 0x1_0000;
    private static final int[] GRANULES_0 = { 12, 16, 14, 12 };
    private static final int[] GRANULES_1 = { 12, 14, 12, 16 };
    private static final long[] FAR = { 1L << 44, 1L << 47, NOWHERE, 1L << 40, 1L << 36, 1L << 32 };

    /** One random guest: what it has in memory, and its stream table entry. */
    private static final class Guest {
        private final Random random;
        private final boolean everything;
        private final Map<Long, Long> memory = new TreeMap<>();
        private final Structure entry;
        private final Structure context;
        private final long address;

        Guest(final Random random, final boolean everything) {
            this.random = random;
            this.everything = everything;
            address = address();
            entry = entry();
            context = context();
            for (int i = 0; i < context.words.length; i++) {
                memory.put(CONTEXT + 8 * i, context.words[i]);
                memory.put(SECOND_CONTEXT + 8 * i, context.words[i]);
            }
            if (everything && get(entry, 59, 5) != 0 && (get(entry, 4, 2) + 1 & 2) != 0) {
                memory.put(CONTEXT, chance(4) ? pick(0, 1L << 50 | 1, NOWHERE | 1) : SECOND_CONTEXT | 1);
            }
            if (get(entry, 1, 1) != 0) {
                stage1Tables();
            }
            if (get(entry, 2, 1) != 0) {
                stage2Tables();
            }
        }

        private boolean chance(final int oneIn) {
            return random.nextInt(oneIn) == 0;
        }

        private long pick(final long... values) {
            return values[random.nextInt(values.length)];
        }

        private long table() {
            return SmmuBoard.S1 + 0x1_0000L * random.nextInt(32);
        }

        private long address() {
            final long plain = random.nextLong() >>> pick(25, 32, 16, 33);
            final long upper = chance(5) ? pick(0xFFFFL << 48, 0xFFFF_FFL << 40) : 0;
            return (chance(20) ? random.nextLong() : plain | upper) & ~3L;
        }

        private Structure entry() {
            final int granule = (int) pick(0, 0, 1, 2);
            final Structure ste = Structure.stream((int) pick(4, 5, 5, 6, 6, 7, 7, 7)).contexts(CONTEXT).stage2(table())
                    .set(174, 2, granule).set(176, 3, pick(4, 4, 4, 5, 3)).set(186, 1, chance(10) ? 0 : 1)
                    .set(181, 1, chance(10) ? 1 : 0).set(182, 1, chance(10) ? 1 : 0);
            startLevel(ste, GRANULES_0[granule]);
            if (everything) {
                ste.set(183, 2, random.nextInt(4)).substreams(chance(3) ? random.nextInt(3) : 0, (int) pick(0, 0, 3, 8),
                        (int) pick(2, 2, 2, 1, 0)).set(112, 4, chance(3) ? random.nextInt(16) : 0)
                        .set(185, 1, chance(20) ? 1 : 0).set(94, 2, chance(3) ? 2 : 0)
                        .set(89, 1, chance(4) ? 1 : 0);
            }
            spoil(ste, 60, 0, 1, 1, 3, 160, 6, 166, 2, 174, 2, 176, 3, 179, 1, 180, 1, 183, 1, 184, 1, 185, 1, 91, 1,
                    92, 2,
                    59, 5, 94, 2, 64, 2);
            return chance(50) ? ste.contexts(pick(NOWHERE + 64, 1L << 44 | 64, 1L << 50 | 64)) : ste;
        }

        /** An input size and a start level that fit each other. */
        private void startLevel(final Structure ste, final int granule) {
            int bits = 0;
            int field = 0;
            for (boolean fits = false; !fits;) {
                bits = 64 - (int) pick(24, 25, 32, 20, 22, 28, 30, 35);
                field = random.nextInt(3);
                final int level = granule == 12 ? 2 - field : 3 - field;
                final int least = (3 - level) * (granule - 3) + granule + 1;
                fits = bits >= least && bits <= least + granule;
            }
            ste.set(160, 6, 64 - bits).set(166, 2, field);
        }

        private Structure context() {
            final Structure cd = Structure.context(table()).set(0, 6, pick(25, 16, 24, 30, 28, 32, 39, 20))
                    .set(6, 2, pick(0, 0, 1, 2)).set(16, 6, pick(25, 16, 24, 30)).set(22, 2, pick(2, 2, 1, 3))
                    .set(14, 1, chance(20) ? 1 : 0).set(30, 1, random.nextInt(2)).set(32, 3, pick(5, 5, 4, 2, 0))
                    .set(45, 1, chance(10) ? 0 : 1).address(128, 4, 51, table());
            for (final int flag : new int[]{ 35, 36, 37, 38, 39, 40, 65, 129 }) {
                cd.set(flag, 1, chance(6) ? 1 : 0);
            }
            if (everything) {
                cd.set(42, 2, random.nextInt(4)).set(44, 1, chance(10) ? 1 : 0).set(46, 1, chance(5) ? 0 : 1);
            }
            spoil(cd, 80, 31, 1, 41, 1, 46, 1, 15, 1, 44, 1, 0, 6, 16, 6, 6, 2, 22, 2, 42, 2);
            return chance(50) ? cd.set(111, 1, 1) : cd;
        }

        /** Puts any value into one field or another. */
        private void spoil(final Structure structure, final int oneIn, final int... fields) {
            for (int i = 0; i < fields.length; i += 2) {
                if (chance(oneIn)) {
                    structure.set(fields[i], fields[i + 1], random.nextLong());
                }
            }
        }

        private void stage1Tables() {
            final int half = (int) (address >>> 55 & 1);
            final int granule = half == 0
                    ? GRANULES_0[(int) get(context, 6, 2)]
                    : GRANULES_1[(int) get(context, 22, 2)];
            final int bits = 64 - (int) get(context, 16 * half, 6);
            final int stride = granule - 3;
            if (bits > granule && bits <= 48) {
                path(get(context, 68 + 64 * half, 48) << 4, bits, granule, 4 - (bits - granule + stride - 1) / stride,
                        address, false);
            }
        }

        /** Everything that may be looked up in stage 2 is mapped, mostly to itself. */
        private void stage2Tables() {
            final int granule = GRANULES_0[(int) get(entry, 174, 2)];
            final int bits = 64 - (int) get(entry, 160, 6);
            final int level = (int) ((granule == 12 ? 2 : 3) - get(entry, 166, 2));
            if (level < 0 || bits <= granule + (3 - level) * (granule - 3) || bits > 48) {
                return;
            }
            for (final long known : List.copyOf(memory.keySet())) {
                path(get(entry, 196, 48) << 4, bits, granule, level, known, true);
            }
            for (int i = 0; i < 4; i++) {
                path(get(entry, 196, 48) << 4, bits, granule, level, SmmuBoard.DATA + 0x1_0000 * i, true);
            }
            path(get(entry, 196, 48) << 4, bits, granule, level, address & (1L << 44) - 1, true);
        }

        private void path(final long root, final int bits, final int granule, final int start, final long input,
                final boolean stage2) {
            final long low = input & (1L << bits) - 1;
            if (stage2 && low != input) {
                return;
            }
            long base = root & -1L << bits - shift(granule, start) + 3;
            long index = low >>> shift(granule, start);
            for (int level = start;; level++) {
                final long at = base + 8 * index;
                if (at < 0x4000_0000L || at >= 0x6000_0000L) {
                    return;
                }
                final int block = shift(granule, level);
                final long descriptor = memory.computeIfAbsent(at,
                        key -> stage2 ? descriptor2(input, granule, block) : descriptor1(granule, block));
                if (level == 3 || (descriptor & 3) != 3) {
                    return;
                }
                base = descriptor & 0xFFFF_FFFF_FFFFL & -1L << granule;
                index = low >>> shift(granule, level + 1) & (1L << granule - 3) - 1;
            }
        }

        private static int shift(final int granule, final int level) {
            return granule + (3 - level) * (granule - 3);
        }

        private long descriptor1(final int granule, final int block) {
            final boolean leaf = block == granule || chance(7);
            final long to = chance(30)
                    ? FAR[random.nextInt(FAR.length)]
                    : leaf ? SmmuBoard.DATA + 0x1_0000L * random.nextInt(4) & -1L << block : table();
            final long attributes = leaf
                    ? pick(0, 1, 1, 1, 2, 3) << 6 | 3 << 8 | (chance(10) ? 0 : 1 << 10) | (chance(3) ? 1L << 51 : 0)
                            | (chance(5) ? 1L << 53 : 0) | (chance(5) ? 1L << 54 : 0)
                    : chance(7) ? (long) random.nextInt(16) << 59 : 0;
            return broken(to | attributes | (leaf && block != granule ? 1 : 3));
        }

        private long descriptor2(final long input, final int granule, final int block) {
            final boolean leaf = block == granule || block < 30 && random.nextBoolean();
            final long to = leaf
                    ? chance(50) ? FAR[random.nextInt(FAR.length)] : input & -1L << block
                    : SmmuBoard.S2 + 0x1_0000L * random.nextInt(32);
            final long attributes = leaf
                    ? chance(2)
                            ? 0x7FC
                            : pick(0, 1, 2, 3) << 6 | pick(0xF, 0xF, 9, 1, 0) << 2 | (chance(8) ? 0 : 1 << 10)
                                    | pick(0, 0, 1, 2, 3) << 53 | (chance(3) ? 1L << 51 : 0)
                    : 0;
            return broken(to | attributes | (leaf && block != granule ? 1 : 3));
        }

        private long broken(final long descriptor) {
            return chance(40) ? pick(0, descriptor & ~1L, descriptor ^ 2, random.nextLong()) : descriptor;
        }
    }

    private static long get(final Structure structure, final int low, final int width) {
        return structure.words[low >> 6] >>> (low & 63) & (1L << width) - 1;
    }

    @ParameterizedTest
    @CsvSource({
        // E2H; a third of the guests of compat=none has a stream of the EL2 world
        "compat=qemu,1,false", "compat=qemu,2,false", "compat=none,3,false", "compat=none,4,true" })
    void deviceAgreesWithTheOracle(final String property, final long seed, final boolean hosts) {
        final Random random = new Random(seed);
        final Map<String, Integer> outcomes = new TreeMap<>();
        try (SmmuBoard board = new SmmuBoard(property)) {
            board.control2 |= hosts ? 1 : 0;
            board.start();
            for (int i = 0; i < 400; i++) {
                final Guest guest = new Guest(random, ALL.equals(property));
                final String outcome = compare(board, guest, hosts, "seed " + seed + " guest " + i);
                outcomes.merge(outcome, 1, Integer::sum);
            }
        }
        assertThat(outcomes).as("every kind of end is met").containsKeys("ok", "fault", "4", "a", "10", "11", "12",
                "13");
    }

    private static String compare(final SmmuBoard board, final Guest guest, final boolean hosts, final String name) {
        final Map<Long, Long> before = new TreeMap<>(guest.memory);
        before.forEach(board::store);
        board.stream(8, guest.entry);
        board.forget();
        final boolean write = guest.random.nextBoolean();
        final boolean privileged = guest.random.nextInt(3) == 0;
        final boolean fetch = guest.random.nextInt(4) == 0;
        final SmmuOracle oracle = new SmmuOracle(guest.everything, guest.memory, guest.entry);
        oracle.hosts = hosts;
        final String expected = oracle.access(guest.address, write, privileged, fetch);
        final String attributes = (privileged ? "priv " : "") + (fetch ? "exec" : "");
        final String got = write
                ? board.dmaWrite(8, guest.address, attributes)
                : board.dmaRead(8, guest.address, attributes);
        final List<String> events = board.takeEvents().stream().map(SmmuOracleTest::withoutTag).toList();
        assertThat(events).as(name).isEqualTo(oracle.event() == null ? List.of() : List.of(oracle.event()));
        assertThat(got).as(name).isEqualTo(expected);
        final boolean wrote = write && "ok".equals(got) && oracle.event() == null;
        guest.memory.forEach((at, value) -> {
            if (!wrote || (oracle.output() & ~7L) != at) {
                assertThat(board.load(at)).as("%s at 0x%x", name, at).isEqualTo(value);
            }
        });
        board.command(new long[]{ guest.everything ? 0x45 | 8L << 32 : 0x46, 0 });
        before.keySet().forEach(at -> board.store(at, 0));
        return oracle.event() == null ? expected : oracle.event().split(" ")[0].substring(7).replaceFirst("^0", "");
    }

    @ParameterizedTest
    @CsvSource({ "true,5", "false,6" })
    void translationRequestsAreAnsweredAsTheOracleSays(final boolean checked, final long seed) {
        final Random random = new Random(seed);
        final Map<String, Integer> outcomes = new TreeMap<>();
        try (SmmuBoard board = new SmmuBoard(ALL)) {
            board.control |= checked ? 0x10 : 0;
            board.start();
            for (int i = 0; i < 400; i++) {
                final Guest guest = new Guest(random, true);
                guest.entry.set(92, 2, guest.pick(0, 1, 1, 2, 2, 3)).set(185, 1, guest.chance(20) ? 1 : 0);
                final String outcome = compareRequest(board, guest, checked, "seed " + seed + " guest " + i);
                outcomes.merge(outcome, 1, Integer::sum);
            }
        }
        assertThat(outcomes).as("every kind of answer is met").containsKeys("abort", "unsupported", "none", "r", "rw");
    }

    private static String compareRequest(final SmmuBoard board, final Guest guest, final boolean checked,
            final String name) {
        final Map<Long, Long> before = new TreeMap<>(guest.memory);
        before.forEach(board::store);
        board.stream(8, guest.entry);
        board.forget();
        final boolean write = guest.random.nextBoolean();
        final SmmuAtsOracle oracle = new SmmuAtsOracle(checked, guest.memory, guest.entry);
        final String expected = oracle.request(guest.address, write);
        final String got = board.ats(8, guest.address, write ? "w" : "");
        assertThat(got.endsWith(" none") ? "none" : got).as(name).isEqualTo(expected);
        assertThat(board.takeEvents()).as(name)
                .isEqualTo(oracle.event() == null ? List.of() : List.of(oracle.event()));
        guest.memory.forEach((at, value) -> assertThat(board.load(at)).as("%s at 0x%x", name, at).isEqualTo(value));
        before.keySet().forEach(at -> board.store(at, 0));
        return expected.substring(expected.lastIndexOf(' ') + 1);
    }

    /** A record of a stalled transaction without its STAG. */
    private static String withoutTag(final String record) {
        final String[] words = record.split(" ");
        final long second = Long.parseUnsignedLong(words[1], 16);
        final boolean stalled = words[0].matches("8000000?1[0-3]|80000001[0-3]") && (second >>> 31 & 1) != 0;
        return stalled
                ? words[0] + ' ' + Long.toHexString(second & ~0xFFFFL) + ' ' + words[2] + ' ' + words[3]
                : record;
    }
}
