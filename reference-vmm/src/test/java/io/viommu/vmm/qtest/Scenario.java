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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A recorded scenario: a header and operations, of which some expect an answer. Replayed through the door's lines. Where
 * the recording machine departs from the architecture, expectations of our own take the place of its: a file of
 * {@code {"line": N, "expect": …, "why": "…"}}, an expectation of {@code null} for what may be anything. Where other
 * events were recorded, other fields change with them: what the driver acknowledges ({@code val}), where it looks for
 * the record ({@code addr}).
 */
final class Scenario {

    private static final int RECORD_DIGITS = 64;
    private static final int FIRST_OPERATION = 2;
    private static final String EXPECT = "expect";

    private final String name;
    private final Map<?, ?> head;
    private final List<Map<?, ?>> operations = new ArrayList<>();

    /** Reads the recording; {@code ours} is null, or the file of expectations that take the place of some. */
    Scenario(final Path file, final Path ours) {
        name = file.getFileName().toString().replace(".jsonl", "");
        final List<Map<?, ?>> lines = read(file);
        head = lines.get(0);
        operations.addAll(lines.subList(1, lines.size()));
        if (ours != null) {
            for (final Map<?, ?> change : read(ours)) {
                final Map<Object, Object> changed = new HashMap<>(operations.get(index(change)));
                changed.putAll(change);
                operations.set(index(change), changed);
            }
        }
    }

    private static int index(final Map<?, ?> change) {
        return ((Number) change.get("line")).intValue() - FIRST_OPERATION;
    }

    private static List<Map<?, ?>> read(final Path file) {
        final List<Map<?, ?>> lines = new ArrayList<>();
        try {
            for (final String line : Files.readAllLines(file)) {
                lines.add((Map<?, ?>) Json.read(line));
            }
        } catch (final IOException unreadable) {
            throw new UncheckedIOException(file.toString(), unreadable);
        }
        return lines;
    }

    String name() {
        return name;
    }

    /** What the recording machine does that the architecture does not allow, or null. */
    String deviation() {
        return (String) head.get("deviation");
    }

    /** Replays all; gives a sentence for each operation whose answer is not the expected one. */
    List<String> replay(final TestDoor door) {
        final List<String> misses = new ArrayList<>();
        door.ok("viommu_machine " + head.get("args"));
        for (int i = 0; i < operations.size(); i++) {
            final String miss = check(door, operations.get(i));
            if (miss != null) {
                misses.add("line " + (i + FIRST_OPERATION) + ": " + miss);
            }
        }
        return misses;
    }

    private static String check(final TestDoor door, final Map<?, ?> op) {
        final String kind = text(op, "op");
        if (op.containsKey(EXPECT) && op.get(EXPECT) == null) {
            ask(door, op, kind);
            return null;
        }
        return switch (kind) {
            case "writel", "writeq" -> silent(door, kind + " " + text(op, "addr") + " " + text(op, "val"));
            case "write" -> silent(door, "write " + text(op, "addr") + " " + text(op, "hex").length() / 2 + " 0x"
                    + text(op, "hex"));
            case "fill" -> silent(door, "memset " + text(op, "addr") + " " + text(op, "len") + " " + text(op, "byte"));
            case "readl", "readq" -> compare(kind + " " + text(op, "addr"), number(text(op, EXPECT)),
                    number(door.ok(kind + " " + text(op, "addr"))));
            case "read" -> bytes(op, door.ok("read " + text(op, "addr") + " " + text(op, "len")).substring(2));
            case "dma" -> dma(door, op);
            case "irq" -> compare("irq", json(op.get(EXPECT)), json(door.ok("viommu_irqs")));
            case "msi" -> compare("msi", json(op.get(EXPECT)), json(door.ok("viommu_msis")));
            case "devmsi" -> silent(door, "viommu_devmsi " + text(op, "sid") + " " + text(op, "addr") + " "
                    + text(op, "data"));
            case "ioapic_pin" -> silent(door, "viommu_ioapic " + text(op, "pin") + " " + text(op, "level"));
            case "comment", "log" -> null;
            default -> "unknown operation " + kind;
        };
    }

    /** Does what may be answered in any way. */
    private static void ask(final TestDoor door, final Map<?, ?> op, final String kind) {
        switch (kind) {
            case "irq" -> door.ok("viommu_irqs");
            case "msi" -> door.ok("viommu_msis");
            case "dma" -> door.ok("viommu_dma " + text(op, "dir") + " " + text(op, "sid") + " " + text(op, "iova") + " "
                    + (text(op, "dir").equals("w") ? "0x" + text(op, "hex") : text(op, "len")));
            default -> door.ok(kind + " " + text(op, "addr") + (kind.equals("read") ? " " + text(op, "len") : ""));
        }
    }

    private static String silent(final TestDoor door, final String line) {
        door.ok(line);
        return null;
    }

    private static String dma(final TestDoor door, final Map<?, ?> op) {
        final String expected = text(op, EXPECT);
        final String where = text(op, "sid") + " " + text(op, "iova") + " ";
        if (text(op, "dir").equals("w")) {
            final String got = door.ok("viommu_dma w " + where + "0x" + text(op, "hex"));
            return expected.equals("posted") ? null : compare("dma write " + where, expected, got);
        }
        final String wanted = expected.equals("fault") ? expected : "ok 0x" + text(op, "hex");
        return compare("dma read " + where, wanted, door.ok("viommu_dma r " + where + text(op, "len")));
    }

    /** In an event record with S2=1 the recording machine leaves IPA[11:0], which is RES0, other than 0. */
    private static String bytes(final Map<?, ?> op, final String got) {
        final String expected = text(op, EXPECT);
        if (expected.length() == RECORD_DIGITS && got.length() == RECORD_DIGITS
                && (Integer.parseInt(expected.substring(24, 26), 16) & 0x80) != 0) {
            return compare("event at " + text(op, "addr"), withoutPageOffset(expected), withoutPageOffset(got));
        }
        return compare("read " + text(op, "addr"), expected, got);
    }

    private static String withoutPageOffset(final String record) {
        return record.substring(0, 48) + "00" + record.charAt(50) + "0" + record.substring(52);
    }

    private static String compare(final String what, final Object expected, final Object got) {
        return expected.equals(got) ? null : what + ": expected " + expected + ", got " + got;
    }

    private static String text(final Map<?, ?> op, final String field) {
        return String.valueOf(op.get(field));
    }

    private static String number(final String text) {
        return Long.toHexString(Long.parseUnsignedLong(text.substring(2), 16));
    }

    private static Object json(final Object value) {
        try {
            return Json.read((value instanceof String ? (String) value : Json.text(value)).toLowerCase(Locale.ROOT));
        } catch (final IOException malformed) {
            throw new UncheckedIOException(malformed);
        }
    }
}
