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
package io.viommu.bridge.log;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What the parser reports for a text, gathered for the tests. */
final class ParsedLog implements LogFaultHandler {
    static final String RESOURCES = "/faults/";

    final List<LogFault> faults = new ArrayList<>();
    final List<LogNotice> notices = new ArrayList<>();
    LogStatistics statistics;

    @Override
    public void fault(final LogFault fault) {
        faults.add(fault);
    }

    @Override
    public void notice(final LogNotice notice) {
        notices.add(notice);
    }

    static ParsedLog ofLines(final List<String> lines) {
        final ParsedLog parsed = new ParsedLog();
        final KernelLogParser parser = new KernelLogParser(parsed);
        lines.forEach(parser::line);
        parser.end();
        parsed.statistics = parser.statistics();
        return parsed;
    }

    static ParsedLog of(final String... lines) {
        return ofLines(List.of(lines));
    }

    static ParsedLog ofText(final String text) {
        return ofBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    static ParsedLog ofBytes(final byte[] bytes) {
        final ParsedLog parsed = new ParsedLog();
        try {
            parsed.statistics = KernelLogParser.parse(new ByteArrayInputStream(bytes), parsed);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return parsed;
    }

    static ParsedLog ofFile(final String name) {
        return ofBytes(bytes(name));
    }

    static byte[] bytes(final String resource) {
        try (InputStream in = ParsedLog.class.getResourceAsStream(RESOURCES + resource)) {
            return in.readAllBytes();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> lines(final String resource) {
        return new String(bytes(resource), StandardCharsets.ISO_8859_1).lines().toList();
    }

    /** The rows of a table, without its head; empty columns at the end are kept. */
    static List<String[]> rows(final String resource) {
        return lines(resource).stream().skip(1).map(line -> line.split("\t", -1)).toList();
    }

    LogFault only() {
        if (faults.size() != 1) {
            throw new AssertionError("one fault expected, found " + faults);
        }
        return faults.getFirst();
    }

    SmmuLogEvent onlyEvent() {
        return (SmmuLogEvent) only();
    }

    VtdLogFault onlyVtd() {
        return (VtdLogFault) only();
    }
}
