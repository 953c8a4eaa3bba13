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

package io.viommu.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One run of the program in this JVM, with what it printed.
 *
 * @param status exit status.
 * @param out    standard output.
 * @param err    standard error.
 */
record CommandRun(int status, String out, String err) {

    /** All logs of the corpus, which the module that parses them keeps. */
    static final Path LOGS = Path.of("..", "vfio-bridge", "src", "test", "resources", "faults");
    private static final Pattern EXCEPTION = Pattern.compile("[a-z]\\.[A-Z]\\w*(Exception|Error)|out of (bounds|range)"
            + "|begin -?\\d+, end|^viommu: null|Cannot invoke|^\\tat ");
    static final Path EXAMPLES = Path.of("examples", "faults");

    static CommandRun of(final String... arguments) {
        return withInput("", arguments);
    }

    static CommandRun withInput(final String input, final String... arguments) {
        return withInput(input.getBytes(StandardCharsets.UTF_8), arguments);
    }

    static CommandRun withInput(final byte[] input, final String... arguments) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final Terminal terminal = new Terminal(new ByteArrayInputStream(input),
                new PrintStream(out, false, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        final int status = Viommu.run(terminal, arguments);
        terminal.out().flush();
        return new CommandRun(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs {@code replay --json} and reads every line of it. */
    static ReplayLines replay(final Object... arguments) {
        final List<String> all = new ArrayList<>(List.of("replay", "--json"));
        for (final Object argument : arguments) {
            all.add(argument.toString());
        }
        return ReplayLines.of(of(all.toArray(String[]::new)));
    }

    static Object[] logs(final Object... before) {
        try (Stream<Path> files = Files.list(LOGS)) {
            return Stream.concat(Stream.of(before), files.filter(file -> file.toString().endsWith(".log")).sorted())
                    .toArray();
        } catch (final IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }

    static String example(final String name) {
        return EXAMPLES.resolve(name + ".log").toString();
    }

    /**
     * Holds it to what every run promises, whatever it was given: a status, and sentences of our own instead of the
     * texts of exceptions.
     */
    CommandRun isWellBehaved() {
        assertThat(status).isBetween(0, 2);
        assertThat(err.lines()).noneMatch(line -> EXCEPTION.matcher(line).find());
        assertThat(status == 2 && err.isEmpty()).as("refused without a word").isFalse();
        return this;
    }

    /** The complaints, each of which is one line. */
    List<String> complaints() {
        return err.lines().toList();
    }
}
