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

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.vmm.replay.FaultLogReport;
import io.viommu.vmm.replay.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code viommu stat}: shows the counters of another viommu process, once or again and again, or the faults that it
 * logged.
 */
@Command(name = "stat", description = HelpTexts.STAT)
final class StatCommand extends TerminalCommand implements Callable<Integer> {

    private static final int MAX_SECONDS = 86_400;

    @Option(names = "--file", paramLabel = "FILE", description = HelpTexts.STAT_FILE)
    private Path file;

    @Option(names = "--watch", paramLabel = "SECONDS", description = HelpTexts.WATCH)
    private Integer watch;

    @Option(names = "--all", description = HelpTexts.ALL)
    private boolean all;

    @Option(names = "--fault-log", paramLabel = "FILE", description = HelpTexts.STAT_FAULTS)
    private Path faultLog;

    @Option(names = "--json", description = HelpTexts.STAT_JSON)
    private boolean json;

    StatCommand(final Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (watch != null && (watch < 1 || watch > MAX_SECONDS)) {
            throw refusal(
                    "--watch must be 1 to " + MAX_SECONDS + " seconds, not " + watch);
        }
        if (json && faultLog == null) {
            throw refusal("--json goes with --fault-log; counters are shown as a table");
        }
        if (faultLog != null) {
            return showFaults();
        }
        final Path path = file == null ? new CounterFiles().newest().orElse(null) : file;
        if (path == null) {
            terminal().err()
                    .println("viommu: No viommu is running; its counters would be in " + new CounterFiles().usual()
                            + ".");
            return 1;
        }
        final Map<String, Long> before = new HashMap<>();
        boolean running = show(path, before);
        while (watch != null && running) {
            Thread.sleep(Duration.ofSeconds(watch));
            if (!path.toFile().exists()) {
                return 0; // the instance has ended and taken its file with it
            }
            terminal().out().println();
            running = show(path, before);
        }
        return 0;
    }

    private int showFaults() {
        if (file != null || watch != null || all) {
            throw refusal("--fault-log goes without --file, --watch and --all, which are about counters");
        }
        final FaultLogReport report = new FaultLogReport(DistinctFaultLog.read(faultLog));
        if (json) {
            report.json(terminal().out());
        } else {
            report.table(faultLog.toString(), terminal().out());
        }
        return 0;
    }

    /** Prints the counters and remembers them; false once the process that counts has ended. */
    private boolean show(final Path path, final Map<String, Long> before) {
        final PrintStream out = terminal().out();
        final List<List<String>> rows = new ArrayList<>();
        final boolean first = before.isEmpty();
        final long pid = CounterFile.read(path, (label, value) -> {
            final long added = value - before.getOrDefault(label, 0L);
            if (all || value != 0) {
                rows.add(List.of("%,15d".formatted(value),
                        first ? "" : "%,12d/s".formatted(added / Math.max(1, watch)), label));
            }
            before.put(label, value);
        });
        final boolean running = ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        out.println("process " + pid + (running ? "" : ", which has ended") + ": " + path);
        TextTable.print(rows, out);
        out.flush();
        return running;
    }
}
