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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.viommu.fault.FaultOutcome;

/**
 * Prints for people: a table of the faults as their guests saw them, what the guests' kernels printed, and the totals.
 * When there are very many faults, those that say the same share a row, which counts them.
 */
final class TableReport implements Report {

    private static final int ROWS_OF_THEIR_OWN = 200;
    private static final int MAX_ROWS = 5_000;
    private static final List<String> HEAD = List.of("LOG", "IOMMU", "EVENT", "DEVICE", "PASID", "ADDRESS", "ACCESS",
            "OUTCOME");

    /** What rows have in common; without the place in the log. */
    private record Key(List<String> cells) {
    }

    private static final class Row {
        private final String source;
        private long count;

        Row(final String source) {
            this.source = source;
        }
    }

    private final PrintStream out;
    private final boolean shared;
    private final Map<Key, Row> rows = new LinkedHashMap<>();
    private final Map<String, Long> reasons = new TreeMap<>();
    private long rowless;

    TableReport(final PrintStream out, final long repeat, final int faults) {
        this.out = out;
        this.shared = repeat > 1 || faults > ROWS_OF_THEIR_OWN;
    }

    @Override
    public void fault(final ReplayFault fault, final Ending ending) {
        final String source = shorten(fault.file()) + ":" + fault.log().line();
        final List<String> cells = cells(FaultFacts.of(fault.log()), ending);
        final Key key = new Key(shared ? cells : withSource(cells, source));
        Row row = rows.get(key);
        if (row == null && rows.size() < MAX_ROWS) {
            row = new Row(source);
            rows.put(key, row);
        }
        if (row == null) {
            rowless += ending.count();
        } else {
            row.count += ending.count();
        }
        final String reason = ending.outcome().text() + (ending.reason() == null ? "" : ": " + ending.reason());
        reasons.merge(reason, ending.count(), Long::sum);
    }

    private static List<String> withSource(final List<String> cells, final String source) {
        final List<String> all = new ArrayList<>(cells);
        all.add(source);
        return all;
    }

    private static String shorten(final String file) {
        final Path name = LogReader.STANDARD_INPUT.equals(file) ? null : Path.of(file).getFileName();
        return name == null ? file : name.toString();
    }

    private static List<String> cells(final FaultFacts facts, final Ending ending) {
        final String code = facts.event() == null ? facts.reasonCode() : facts.event();
        final String address = facts.interruptIndex() == null
                ? dash(facts.address())
                : "index " + facts.interruptIndex();
        return List.of(facts.architecture(), (code == null ? "" : code + " ") + dash(facts.name()),
                dash(facts.streamId() == null ? facts.requester() : facts.streamId()),
                dash(facts.substreamId() == null ? facts.pasid() : facts.substreamId()), address,
                dash(facts.access()), ending.outcome().text() + note(ending));
    }

    /** A row has room for a word; the reason stands below, with the totals. */
    private static String note(final Ending ending) {
        return ending.outcome() == FaultOutcome.REJECTED ? " *" : "";
    }

    private static String dash(final String value) {
        return value == null ? "-" : value;
    }

    @Override
    public void summary(final RunSummary run) {
        table();
        guests(run);
        totals(run);
        out.flush();
    }

    private void table() {
        if (rows.isEmpty()) {
            return;
        }
        final List<List<String>> lines = new ArrayList<>();
        lines.add(HEAD);
        rows.forEach((key, row) -> {
            final List<String> line = new ArrayList<>();
            line.add(row.source);
            line.addAll(key.cells().subList(0, HEAD.size() - 1));
            line.set(HEAD.size() - 1, line.getLast() + (row.count > 1 ? " x " + "%,d".formatted(row.count) : ""));
            lines.add(line);
        });
        TextTable.print(lines, out);
        if (rowless > 0) {
            out.printf("... and %,d more faults in rows beyond the first %,d%n", rowless, MAX_ROWS);
        }
        out.println();
    }

    private void guests(final RunSummary run) {
        for (final RunSummary.Guest guest : run.guests()) {
            if (!guest.lines().isEmpty()) {
                out.printf("What the kernel of the %s guest printed:%n", guest.machine().text());
                guest.lines().forEach(line -> out.println("  " + line));
                out.println();
            }
        }
    }

    private void totals(final RunSummary run) {
        out.printf("%s in %s of %s%n", count(run.faults(), "fault"), count(run.lines(), "line"),
                count(run.files(), "file"));
        final List<List<String>> lines = new ArrayList<>();
        reasons.forEach((reason, count) -> lines.add(List.of("  %,d".formatted(count), reason)));
        TextTable.print(lines, out);
        out.printf("interrupts: %,d%s%s%n", run.interrupts(),
                run.overflowAcks() == 0 ? "" : ", overflows acknowledged: %,d".formatted(run.overflowAcks()),
                run.stallsAnswered() == 0
                        ? ""
                        : ", stalled transactions answered: %,d".formatted(run.stallsAnswered()));
        if (run.producerDropped() > 0) {
            out.printf("dropped by the producer because a region's ring was full: %,d%n", run.producerDropped());
        }
        if (run.notProduced() > 0) {
            out.printf("not produced: %,d%n", run.notProduced());
        }
        if (run.latency().p50() != null) {
            out.printf("latency from the producer's write to the guest's fetch: p50 %s, p99 %s, p99.9 %s%n",
                    micros(run.latency().p50()), micros(run.latency().p99()), micros(run.latency().p999()));
        }
        out.println(run.conserved() ? "conserved: all counts agree" : "NOT conserved: the counts don't agree");
    }

    private static String count(final long number, final String noun) {
        return "%,d %s%s".formatted(number, noun, number == 1 ? "" : "s");
    }

    private static String micros(final long nanos) {
        return "%,.1f us".formatted(nanos / 1e3);
    }
}
