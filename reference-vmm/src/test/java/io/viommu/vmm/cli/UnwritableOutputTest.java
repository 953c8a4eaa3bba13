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
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.counters.DistinctFaultLog;

/** The program as a process of its own whose output can't be written, or that has no room for its files. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class UnwritableOutputTest {

    private static final String LOG = CommandRun.example("fs-dmar-i915-39bit");

    @TempDir
    private Path folder;

    /** The exit status and what was said on standard error. */
    private record Ended(int status, List<String> complaints) {
    }

    /** Runs a line of bash, in which the program is {@code $viommu}. */
    private Ended run(final String line) throws IOException, InterruptedException {
        final Path err = folder.resolve("err");
        final ProcessBuilder shell = new ProcessBuilder("bash", "-c", "viommu=../viommu; " + line);
        shell.environment().put("VIOMMU_CLASSPATH", System.getProperty("java.class.path"));
        shell.environment().put("F", folder.toString());
        final Process process = shell.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(err.toFile())
                .start();
        process.getOutputStream().close();
        final int status = process.waitFor();
        return new Ended(status, Files.readAllLines(err, StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = { "decode @", "replay @", "replay --json @", "stat --fault-log $F/faults",
        "stat --json --fault-log $F/faults", "--help", "replay --help", "--version", "qtest --help",
        "vfio-user --model smmuv3 --socket $F/door" })
    void whatCannotBePrintedIsOneSentenceAndStatusOne(final String arguments) throws Exception {
        DistinctFaultLog.create(folder.resolve("faults"), 16, () -> 0).close();
        assertThat(run("$viommu " + arguments.replace("@", LOG) + " >/dev/full")).isEqualTo(new Ended(1, List.of(
                (arguments.startsWith("qtest") ? "viommu qtest" : "viommu")
                        + ": Standard output can't be written: No space left on device.")));
        assertThat(folder.resolve("door")).doesNotExist();
    }

    @Test
    void anAnswerOfTheQtestDoorThatCannotBeWrittenIsOneSentenceAndStatusOne() throws Exception {
        assertThat(run("echo endianness | $viommu qtest -machine none >/dev/full")).isEqualTo(new Ended(1,
                List.of("viommu qtest: Standard output can't be written: No space left on device.")));
        assertThat(run("echo endianness | $viommu qtest -machine none -qtest-log /dev/full")).isEqualTo(new Ended(1,
                List.of("viommu qtest: -qtest-log: '/dev/full' can't be written any more.")));
    }

    @ParameterizedTest
    @ValueSource(strings = { "decode @", "--version", "qtest --help" })
    void aStandardOutputThatIsClosedIsOneSentenceAndStatusOne(final String arguments) throws Exception {
        final Ended ended = run("$viommu " + arguments.replace("@", LOG) + " >&-");
        assertThat(ended.status()).isEqualTo(1);
        assertThat(ended.complaints()).singleElement().asString()
                .endsWith("Standard output can't be written: Bad file descriptor.");
    }

    @Test
    void aNameOfAFileIsFoundInAnyLocale() throws Exception {
        Files.copy(Path.of(LOG), folder.resolve("pr\u00fcfung \u6545\u969c.log"));
        assertThat(run("unset LANG LC_CTYPE; export LC_ALL=C; $viommu decode $F/*.log"))
                .isEqualTo(new Ended(0, List.of()));
    }

    @Test
    void whoStopsReadingIsTakenQuietly() throws Exception {
        assertThat(run("$viommu decode " + LOG + " | head -n 1").complaints()).isEmpty();
        assertThat(run("$viommu replay --json --repeat 1000000000 " + LOG + " | head -n 1").complaints()).isEmpty();
        assertThat(run("echo endianness | $viommu qtest -machine none | true").complaints()).isEmpty();
    }

    @Test
    void aFullDiskIsOneSentenceAndStatusOneForEveryFileThatIsMade() throws Exception {
        final Path small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(run("mount -t tmpfs -o size=64k none $F/small").status() == 0, "mounting is not allowed here");
        try {
            assertThat(run("$viommu replay --record $F/small/file " + LOG)).isEqualTo(new Ended(1, List.of(
                    "viommu: The journal " + small + "/file can't be made: ENOSPC (no space left).")));
            for (final String option : List.of("--counters", "--fault-log")) {
                assertThat(run("$viommu replay " + option + " $F/small/file " + LOG)).isEqualTo(new Ended(1, List.of(
                        "viommu: The file " + small + "/file can't be made: No space left on device.")));
            }
            assertThat(small).isEmptyDirectory();
            assertThat(run("VIOMMU_JAVA_OPTIONS=-Djava.io.tmpdir=$F/small $viommu replay " + LOG)).as(
                    "counters that nobody asked for").satisfies(ended -> {
                        assertThat(ended.status()).isZero();
                        assertThat(ended.complaints()).singleElement().asString()
                                .endsWith("No space left on device. 'viommu stat' won't see this run.");
                    });
        } finally {
            assertThat(run("umount $F/small").status()).isZero();
        }
    }

    @Test
    void filesThatAreCutWhileTheyAreWrittenAreSaidAndTheFaultsGoOn() throws Exception {
        final Ended ended = run("touch $F/go; (cd $F && while [[ -e go ]]; do for f in journal counters log; do"
                + " [[ ! -s $f ]] || : >$f; done; sleep 0.05; done) & $viommu replay --speed 2000"
                + " --repeat 4000 --record $F/journal --counters $F/counters --fault-log $F/log " + LOG
                + " >$F/out; status=$?; rm $F/go; wait; exit $status");
        assertThat(ended.status()).isEqualTo(1);
        assertThat(ended.complaints()).contains(
                "viommu: The file " + folder.resolve("log") + " was cut by somebody; it is written no more.",
                "viommu: The file " + folder.resolve("counters") + " was cut by somebody; it is written no more.",
                "viommu: The journal " + folder.resolve("journal") + " was cut by somebody; it is written no more.")
                .noneMatch(line -> line.contains("Exception") || line.contains("Error"));
        assertThat(Files.readString(folder.resolve("out"))).contains("conserved: all counts agree");
    }

    @Test
    void nothingIsLeftWheneverASignalComes() throws Exception {
        final Path temporary = Files.createDirectory(folder.resolve("tmp"));
        for (final String signal : List.of("KILL", "TERM")) {
            for (int tenths = 2; tenths < 16; tenths += 5) {
                run("VIOMMU_JAVA_OPTIONS=-Djava.io.tmpdir=$F/tmp timeout -s " + signal + " " + tenths / 10.0
                        + " $viommu replay --repeat 1000000000 " + LOG + " >/dev/null");
                try (var files = Files.walk(temporary)) {
                    assertThat(files.map(file -> file.getFileName().toString())).allMatch(
                            name -> name.equals("tmp") || name.startsWith("viommu-") && !name.contains("producer")
                                    && Files.isDirectory(temporary.resolve(name)) || name.endsWith(".counters"));
                }
            }
        }
    }
}
