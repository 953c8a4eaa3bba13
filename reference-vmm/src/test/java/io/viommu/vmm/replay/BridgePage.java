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
package io.viommu.vmm.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;

/** The tables of docs/bridge.md, and how the tests compute them. */
final class BridgePage {

    private BridgePage() {
    }

    /** The table of the page that begins with a cell. */
    static String table(final String corner) {
        try {
            return Files.readAllLines(Path.of("../docs/bridge.md")).stream()
                    .dropWhile(line -> !line.startsWith("| " + corner + " |"))
                    .takeWhile(line -> line.startsWith("|")).collect(Collectors.joining("\n"));
        } catch (final IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** A table of rows and columns; {@code cell} gives the words of one. */
    static String table(final String corner, final List<String> rows, final List<String> columns,
            final BinaryOperator<String> cell) {
        final StringBuilder table = new StringBuilder("| " + corner + " | " + String.join(" | ", columns) + " |\n|"
                + " --- |".repeat(columns.size() + 1));
        for (final String row : rows) {
            table.append("\n| ").append(row).append(" |");
            columns.forEach(column -> table.append(' ').append(cell.apply(row, column)).append(" |"));
        }
        return table.toString();
    }
}
