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

import java.io.PrintStream;
import java.util.List;

/** Prints rows of cells in aligned columns. */
public final class TextTable {

    private static final String GAP = "  ";

    private TextTable() {
    }

    /**
     * Prints a table. The last column is not padded.
     *
     * @param rows all of the same length.
     * @param out  where to.
     */
    public static void print(final List<List<String>> rows, final PrintStream out) {
        if (rows.isEmpty()) {
            return;
        }
        final int columns = rows.getFirst().size();
        final int[] widths = new int[columns];
        for (final List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (final List<String> row : rows) {
            final StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i));
                if (i < columns - 1) {
                    line.repeat(' ', widths[i] - row.get(i).length()).append(GAP);
                }
            }
            out.println(line);
        }
    }
}
