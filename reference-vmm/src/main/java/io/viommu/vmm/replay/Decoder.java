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

import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;

import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.SmmuLogEvent;
import io.viommu.bridge.log.SmmuLogPageRequest;
import io.viommu.bridge.log.VtdLogFault;
import io.viommu.smmu.SmmuEventText;
import io.viommu.vtd.fault.VtdFaultText;
import io.viommu.vtd.spec.FaultReason;

/** Explains the faults of logs as they are read; needs no machine, and no more memory for a longer log. */
public final class Decoder {

    private static final int EVENT_WORDS = 4;
    private static final int RECORD_WORDS = 2;
    private static final String DEVICE = "device ";

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private long rejected;

    /**
     * Makes a decoder.
     *
     * @param in  standard input.
     * @param out takes the explanations.
     * @param err takes complaints.
     */
    public Decoder(final InputStream in, final PrintStream out, final PrintStream err) {
        this.in = in;
        this.out = out;
        this.err = err;
    }

    /**
     * Explains.
     *
     * @param files logs, {@code -} for standard input.
     * @return the exit status: 1 if a file had no faults in it or a fault was not whole.
     */
    public int run(final List<String> files) {
        final LogReader logs = new LogReader(in, this::complain, out::flush);
        files.forEach(file -> logs.read(file, this::explain));
        out.flush();
        return logs.badFiles() == 0 && rejected == 0 ? Replay.DONE : Replay.REJECTED;
    }

    /** Behind what was printed before, if both go to one terminal. */
    private void complain(final String sentence) {
        out.flush();
        err.println("viommu: " + sentence);
    }

    private void explain(final String file, final LogFault fault) {
        final String place = file + ":" + fault.line() + ": ";
        switch (fault) {
            case final SmmuLogEvent event -> event(place, event);
            case final SmmuLogPageRequest request -> request(place, request);
            case final VtdLogFault vtd -> vtd(place, vtd);
        }
        if (fault.rejected()) {
            rejected++;
            out.println("  not whole: " + fault.rejection());
        }
        out.println();
    }

    private void event(final String place, final SmmuLogEvent event) {
        if (event.words().count() < EVENT_WORDS) {
            out.println(place + "SMMUv3 " + summary(FaultFacts.of(event)));
            return;
        }
        final List<String> lines = new SmmuEventText(event.words().get(0), event.words().get(1), event.words().get(2),
                event.words().get(3)).lines();
        out.println(place + "SMMUv3 " + lines.getFirst());
        lines.subList(1, lines.size()).forEach(out::println);
    }

    private void request(final String place, final SmmuLogPageRequest request) {
        out.println(place + "SMMUv3 " + summary(FaultFacts.of(request)) + " (IHI 0070 8.1)");
        out.println("  A device asked for a page through its page request interface, and no driver took the request.");
    }

    private void vtd(final String place, final VtdLogFault fault) {
        if (fault.words().count() == RECORD_WORDS) {
            final String[] parts = VtdFaultText.explain(fault.words().get(0), fault.words().get(1)).split("; ");
            out.println(place + "VT-d " + parts[0]);
            for (int i = 1; i < parts.length; i++) {
                out.println("  " + withSegment(parts[i], fault.segment().orElse(0)));
            }
            return;
        }
        out.println(place + "VT-d " + summary(FaultFacts.of(fault)));
        if (fault.reason().isPresent() && FaultReason.of(fault.reason().getAsInt()) != null) {
            final FaultReason reason = FaultReason.of(fault.reason().getAsInt());
            out.println("  " + reason.condition() + " (VT-d " + reason.section() + ")");
        }
    }

    /** The record holds only bus, device and function. */
    private static String withSegment(final String part, final int segment) {
        return segment != 0 && part.startsWith(DEVICE)
                ? "%s%04x:%s".formatted(DEVICE, segment, part.substring(DEVICE.length()))
                : part;
    }

    /** What is known of a fault that has no whole record. */
    private static String summary(final FaultFacts facts) {
        final StringBuilder text = new StringBuilder();
        append(text, "event ", facts.event());
        append(text, "reason ", facts.reasonCode());
        append(text, "", facts.name());
        append(text, "StreamID ", facts.streamId());
        append(text, "SubstreamID ", facts.substreamId());
        append(text, "device ", facts.requester());
        append(text, "PASID ", facts.pasid());
        append(text, "address ", facts.address());
        append(text, "interrupt index ", facts.interruptIndex());
        append(text, "access ", facts.access());
        return text.toString();
    }

    private static void append(final StringBuilder text, final String name, final String value) {
        if (value != null) {
            text.append(text.isEmpty() ? "" : ", ").append(name).append(value);
        }
    }
}
