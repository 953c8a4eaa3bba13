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

package io.viommu.vmm.realguest;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.viommu.device.Register;
import io.viommu.smmu.spec.SmmuRegisters;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * A trace of the door in words, without what differs from boot to boot: where queues and tables are, and how often the
 * guest looked whether its commands are done.
 *
 * <pre>
 *  read NAME = VALUE
 *  write NAME = VALUE
 *  post WORD0 WORD1, WORD0 WORD1, sync  commands that were posted together
 *  sync = WORD0 WORD1                   the CMD_SYNC or wait descriptor that is used from now on
 * </pre>
 */
final class CanonicalTrace {

    private static final Set<String> BASES = Set.of("STRTAB_BASE", "CMDQ_BASE", "EVENTQ_BASE", "PRIQ_BASE",
            "RTADDR_REG", "IQA_REG", "PQA_REG");
    private static final Set<String> INDEXES = Set.of("CMDQ_PROD", "IQT_REG", "EVENTQ_CONS");
    /** Whether commands are done, and whether there are more events. */
    private static final Set<String> SMMU_LOOKS = Set.of("CMDQ_CONS", "EVENTQ_PROD");
    /** Linux looks for errors of the invalidation queue while it waits. */
    private static final Set<String> VTD_LOOKS = Set.of("IQH_REG", "FSTS_REG");
    private static final long SMMU_ADDRESS = 0x000F_FFFF_FFFF_FFE0L;
    private static final long VTD_ADDRESS = ~0xFFFL;
    private static final long SMMU_ERROR = 0x7F00_0000L;
    private static final long SYNC = 0x46;
    private static final long WAIT = 5;
    private static final int LONGEST_LOOP = 12;
    private static final int PAGE = 0x1_0000;

    private final boolean smmu;
    private final Map<Integer, String> names = new HashMap<>();
    private final List<String> lines = new ArrayList<>();

    private CanonicalTrace(final boolean smmu) throws IllegalAccessException {
        this.smmu = smmu;
        for (final Field field : (smmu ? SmmuRegisters.class : VtdRegisters.class).getFields()) {
            if (field.getType() == Register.class) {
                final Register register = (Register) field.get(null);
                names.put(register.offset(), register.name());
            }
        }
    }

    static List<String> of(final List<String> trace, final boolean smmu) throws IllegalAccessException {
        final CanonicalTrace canonical = new CanonicalTrace(smmu);
        for (int i = 0; i < trace.size(); i++) {
            final List<String> posted = new ArrayList<>();
            final String[] words = trace.get(i).split(" ");
            while (i + 1 < trace.size() && trace.get(i + 1).startsWith("command ")) {
                posted.add(canonical.command(trace.get(++i)));
            }
            if (!posted.isEmpty()) {
                canonical.add("post " + String.join(", ", posted));
            } else if (words[0].equals("read") || words[0].equals("write")) {
                canonical.access(words[0], Integer.parseInt(words[1], 16), Long.parseUnsignedLong(words[3], 16));
            }
        }
        return canonical.lines;
    }

    private void access(final String what, final int offset, final long value) {
        final int known = smmu ? offset % PAGE : offset;
        final String name = names.getOrDefault(known, "0x" + Integer.toHexString(offset));
        final boolean looks = what.equals("read") && (smmu
                ? SMMU_LOOKS.contains(name) && (value & SMMU_ERROR) == 0
                : VTD_LOOKS.contains(name) && (name.equals("IQH_REG") || value == 0));
        if (!looks) {
            final long kept = BASES.contains(name) ? value & ~(smmu ? SMMU_ADDRESS : VTD_ADDRESS) : value;
            add(what + " " + name + " = "
                    + (INDEXES.contains(name) && value != 0 ? "index" : "0x" + Long.toHexString(kept)));
        }
    }

    /** How the end of commands is awaited is a line of its own when it is new. */
    private String command(final String line) {
        final String[] words = line.substring("command ".length()).split(" ");
        final long opcode = Long.parseUnsignedLong(words[0], 16) & (smmu ? 0xFF : 0xF);
        if (opcode != (smmu ? SYNC : WAIT)) {
            return String.join(" ", words);
        }
        final String sync = "sync = " + words[0] + (words[1].equals("0") ? " 0" : " address");
        if (!lines.contains(sync)) {
            add(sync);
        }
        return "sync";
    }

    /** What comes twice in a row comes once: it is a loop whose length depends on time. */
    private void add(final String line) {
        lines.add(line);
        for (int length = 1; length <= LONGEST_LOOP && 2 * length <= lines.size(); length++) {
            final int half = lines.size() - length;
            if (lines.subList(half - length, half).equals(lines.subList(half, lines.size()))) {
                lines.subList(half, lines.size()).clear();
                return;
            }
        }
    }

    /**
     * The differences of two traces: rows of a table in Markdown, each with the lines that only the first has and those
     * that only the second has in their place.
     */
    static List<String> differences(final List<String> first, final List<String> second) {
        final int[][] common = new int[first.size() + 1][second.size() + 1];
        for (int i = first.size() - 1; i >= 0; i--) {
            for (int j = second.size() - 1; j >= 0; j--) {
                common[i][j] = first.get(i).equals(second.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        final List<String> rows = new ArrayList<>();
        final List<String> left = new ArrayList<>();
        final List<String> right = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < first.size() || j < second.size()) {
            if (i < first.size() && j < second.size() && first.get(i).equals(second.get(j))) {
                i++;
                j++;
                row(rows, left, right);
            } else if (j == second.size() || i < first.size() && common[i + 1][j] >= common[i][j + 1]) {
                left.add(first.get(i++));
            } else {
                right.add(second.get(j++));
            }
        }
        row(rows, left, right);
        return rows;
    }

    private static void row(final List<String> rows, final List<String> left, final List<String> right) {
        if (!left.isEmpty() || !right.isEmpty()) {
            rows.add("| " + cell(left) + " | " + cell(right) + " |");
            left.clear();
            right.clear();
        }
    }

    private static String cell(final List<String> lines) {
        return lines.isEmpty() ? "nothing" : String.join("<br>", lines.stream().map(line -> "`" + line + "`").toList());
    }
}
