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
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;

import io.viommu.counters.DistinctFault;
import io.viommu.counters.DistinctFaults;
import io.viommu.fault.FaultKind;

/** Prints a log of distinct faults, the most frequent first: for people, or a JSON object on a line for each. */
public final class FaultLogReport {

    private static final long PAGE_MASK = 0xFFF;
    private static final int INTERRUPT_SHIFT = 48;
    private static final int FIRST_INTERRUPT_REASON = 0x20;
    private static final int LAST_INTERRUPT_REASON = 0x2F;
    private static final List<String> GENERIC = List.of("unknown reason", "PASID table not readable",
            "PASID entry invalid", "PASID out of range", "table walk aborted", "no translation", "no permission",
            "access flag clear", "address out of range");

    private final DistinctFaults log;
    private final List<DistinctFault> lines;
    private final boolean running;

    /**
     * Prepares a report.
     *
     * @param log what the file held.
     */
    public FaultLogReport(final DistinctFaults log) {
        this.log = log;
        this.lines = new ArrayList<>(log.lines());
        lines.sort(Comparator.comparingLong(DistinctFault::count).reversed()
                .thenComparing(Comparator.comparingLong(DistinctFault::first)));
        this.running = ProcessHandle.of(log.process()).map(ProcessHandle::isAlive).orElse(false);
    }

    private long faults() {
        return lines.stream().mapToLong(DistinctFault::count).sum() + log.others();
    }

    /**
     * Prints a table.
     *
     * @param name of the file.
     * @param out  where to.
     */
    public void table(final String name, final PrintStream out) {
        out.println("process " + log.process() + (running ? "" : ", which has ended") + ", since " + time(log.start())
                + ": " + name);
        final List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("count", "first", "last", "source", "device", "address", "fault"));
        for (final DistinctFault line : lines) {
            rows.add(List.of("%,d".formatted(line.count()), time(line.first()), time(line.last()),
                    Integer.toString(line.source()), device(line), address(line), code(line) + name(line)));
        }
        TextTable.print(rows, out);
        if (log.others() > 0) {
            out.printf("and %,d faults of other kinds, which found no room%n", log.others());
        }
        out.flush();
    }

    /**
     * Prints JSON.
     *
     * @param out where to.
     */
    public void json(final PrintStream out) {
        try (JsonGenerator json = JsonFactory.builder().build().createGenerator(out, JsonEncoding.UTF8)) {
            json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            for (final DistinctFault line : lines) {
                write(json, line);
            }
            json.writeStartObject();
            json.writeStringField("type", "summary");
            json.writeNumberField("process", log.process());
            json.writeBooleanField("running", running);
            json.writeStringField("start", time(log.start()));
            json.writeNumberField("distinct", lines.size());
            json.writeNumberField("faults", faults());
            json.writeNumberField("others", log.others());
            json.writeEndObject();
        } catch (final IOException gone) {
            throw new UncheckedIOException(gone);
        }
        out.println();
        out.flush();
    }

    private static void write(final JsonGenerator json, final DistinctFault line) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "distinct");
        json.writeNumberField("count", line.count());
        json.writeStringField("first", time(line.first()));
        json.writeStringField("last", time(line.last()));
        json.writeNumberField("source", line.source());
        json.writeStringField("device", device(line));
        json.writeStringField("kind", kind(line));
        json.writeStringField("code", code(line).isEmpty() ? null : code(line).strip());
        json.writeStringField("name", name(line));
        json.writeStringField("address", address(line));
        words(json, "first_words", line.firstWords());
        words(json, "last_words", line.lastWords());
        json.writeEndObject();
    }

    private static void words(final JsonGenerator json, final String name, final List<Long> words)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (final long word : words) {
            json.writeString("0x%016x".formatted(word));
        }
        json.writeEndArray();
    }

    private static String time(final long milliseconds) {
        return Instant.ofEpochMilli(milliseconds).truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private static String kind(final DistinctFault line) {
        return switch (line.kind()) {
            case FaultKind.SMMU_EVENT -> "smmuv3";
            case FaultKind.VTD_FAULT -> "vtd";
            case FaultKind.GENERIC -> "generic";
            case FaultKind.PAGE_REQUEST -> "page-request";
            case FaultKind.LOST_EVENTS -> "lost-events";
            default -> "unknown";
        };
    }

    /** A PCI function of VT-d; elsewhere the number may be anything. */
    private static String device(final DistinctFault line) {
        return line.kind() == FaultKind.VTD_FAULT
                ? FaultFacts.bdf(line.hostDevice())
                : "0x" + Integer.toHexString(line.hostDevice());
    }

    private static String code(final DistinctFault line) {
        return switch (line.kind()) {
            case FaultKind.SMMU_EVENT, FaultKind.VTD_FAULT, FaultKind.GENERIC -> "0x%02x ".formatted(line.code());
            default -> "";
        };
    }

    private static String name(final DistinctFault line) {
        return switch (line.kind()) {
            case FaultKind.SMMU_EVENT -> FaultNames.event(line.code());
            case FaultKind.VTD_FAULT -> FaultNames.reason(line.code());
            case FaultKind.GENERIC -> line.code() < GENERIC.size() ? GENERIC.get(line.code()) : "reserved";
            case FaultKind.PAGE_REQUEST -> "page request";
            case FaultKind.LOST_EVENTS -> "events lost by the host";
            default -> "kind " + line.kind();
        };
    }

    /** Where the last one was. */
    private static String address(final DistinctFault line) {
        return switch (line.kind()) {
            case FaultKind.SMMU_EVENT -> FaultNames.hasAddress(line.code()) ? hex(line.lastWords().get(2)) : "-";
            case FaultKind.VTD_FAULT -> ofInterrupt(line.code())
                    ? "index " + (line.lastWords().get(0) >>> INTERRUPT_SHIFT)
                    : hex(line.lastWords().get(0) & ~PAGE_MASK);
            case FaultKind.GENERIC, FaultKind.PAGE_REQUEST -> hex(line.lastWords().get(2));
            default -> "-";
        };
    }

    private static boolean ofInterrupt(final int reason) {
        return reason >= FIRST_INTERRUPT_REASON && reason <= LAST_INTERRUPT_REASON;
    }

    private static String hex(final long value) {
        return "0x" + Long.toHexString(value);
    }
}
