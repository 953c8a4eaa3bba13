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

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;

/** Prints one JSON object on a line for each fault, and the summary as the last. */
final class JsonReport implements Report {

    private final PrintStream output;
    private final JsonGenerator json;

    JsonReport(final PrintStream output) {
        this.output = output;
        try {
            json = JsonFactory.builder().build().createGenerator(output, JsonEncoding.UTF8);
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    }

    @Override
    public void fault(final ReplayFault fault, final Ending ending) {
        final FaultFacts facts = FaultFacts.of(fault.log());
        try {
            json.writeStartObject();
            json.writeStringField("type", "fault");
            json.writeStringField("source", fault.source());
            json.writeStringField("arch", facts.architecture());
            json.writeStringField("event", facts.event());
            json.writeStringField("reason_code", facts.reasonCode());
            json.writeStringField("name", facts.name());
            json.writeStringField("sid", facts.streamId());
            json.writeStringField("ssid", facts.substreamId());
            json.writeStringField("bdf", facts.requester());
            json.writeStringField("pasid", facts.pasid());
            json.writeStringField("iova", facts.address());
            json.writeStringField("index", facts.interruptIndex());
            json.writeStringField("access", facts.access());
            json.writeArrayFieldStart("words");
            for (int i = 0; i < fault.log().words().count(); i++) {
                json.writeString(hex(fault.log().words().get(i)));
            }
            json.writeEndArray();
            json.writeStringField("outcome", ending.outcome().text());
            json.writeStringField("reason", ending.reason());
            guestWords(ending.guestWords());
            if (ending.count() > 1) {
                json.writeNumberField("count", ending.count());
            }
            json.writeEndObject();
        } catch (final IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private void guestWords(final long[] words) throws IOException {
        if (words == null) {
            return;
        }
        json.writeArrayFieldStart("guest_words");
        for (final long word : words) {
            json.writeString(hex(word));
        }
        json.writeEndArray();
    }

    /** All 16 digits; a formatter would take most of the time of a long run. */
    private static String hex(final long word) {
        final StringBuilder text = new StringBuilder(18).append("0x");
        for (int shift = 60; shift >= 0; shift -= 4) {
            text.append(Character.forDigit((int) (word >>> shift) & 0xF, 16));
        }
        return text.toString();
    }

    @Override
    public boolean abandoned() {
        try {
            json.flush();
        } catch (final IOException gone) {
            return true;
        }
        return output.checkError();
    }

    @Override
    public void summary(final RunSummary run) {
        try {
            json.writeStartObject();
            json.writeStringField("type", "summary");
            json.writeNumberField("files", run.files());
            json.writeNumberField("lines", run.lines());
            json.writeNumberField("faults", run.faults());
            json.writeNumberField("delivered", run.delivered());
            json.writeNumberField("overflow", run.overflow());
            json.writeNumberField("host_only", run.hostOnly());
            json.writeNumberField("auto_answered", run.autoAnswered());
            json.writeNumberField("rejected", run.rejected());
            json.writeNumberField("interrupts", run.interrupts());
            json.writeBooleanField("conserved", run.conserved());
            nanos("p50_ns", run.latency().p50());
            nanos("p99_ns", run.latency().p99());
            nanos("p999_ns", run.latency().p999());
            json.writeNumberField("producer_dropped", run.producerDropped());
            json.writeNumberField("not_produced", run.notProduced());
            json.writeNumberField("overflow_acks", run.overflowAcks());
            json.writeNumberField("stalls_answered", run.stallsAnswered());
            json.writeNumberField("reader_wakeups", run.wakeUps());
            json.writeNumberField("elapsed_ns", run.nanos());
            json.writeEndObject();
            json.writeRaw('\n');
            json.flush();
        } catch (final IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private void nanos(final String name, final Long value) throws IOException {
        if (value == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, value);
        }
    }
}
