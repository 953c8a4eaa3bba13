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
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The log of what was received and sent, in QEMU's form: {@code [R +0.000123] readl 0x0}. */
final class QtestLog {

    private static final double NANOS = 1e9;

    private final PrintStream out;
    private final long start = System.nanoTime();

    private QtestLog(final PrintStream out) {
        this.out = out;
    }

    /** Opens a log: none, a file, or a device such as /dev/fd/2. */
    static QtestLog open(final String where) {
        if (where.equals("none") || where.equals("/dev/null")) {
            return new QtestLog(null);
        }
        try {
            return new QtestLog(new PrintStream(Files.newOutputStream(Path.of(where)), true,
                    StandardCharsets.ISO_8859_1));
        } catch (final IOException | RuntimeException impossible) {
            throw new Refusal("-qtest-log: '" + where + "' can't be written");
        }
    }

    void received(final String line) {
        write('R', line + "\n");
    }

    /** Whether a part of it could not be written. */
    boolean failed() {
        return out != null && out.checkError();
    }

    void sent(final String text) {
        write('S', text);
    }

    private void write(final char direction, final String text) {
        if (out != null) {
            out.printf(Locale.ROOT, "[%c +%.6f] %s", direction, (System.nanoTime() - start) / NANOS, text);
        }
    }
}
