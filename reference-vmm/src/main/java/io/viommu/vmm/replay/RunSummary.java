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

import java.util.ArrayList;
import java.util.List;

import org.HdrHistogram.Histogram;

/**
 * The figures of a run.
 *
 * @param files           logs that were tried.
 * @param lines           lines that were read.
 * @param faults          faults found, times repetitions.
 * @param delivered       faults that the guests fetched.
 * @param overflow        faults that the guests were told of having lost.
 * @param hostOnly        faults that are the host's.
 * @param autoAnswered    faults that were answered in the guest's place.
 * @param rejected        faults that could not be given to a guest.
 * @param interrupts      how often the guests were interrupted.
 * @param conserved       whether all independent counts agree.
 * @param latency         from the producer's write to the guest's fetch.
 * @param producerDropped faults that found their region's ring full; counted as rejected.
 * @param notProduced     faults that the producer did not come to; counted as rejected.
 * @param overflowAcks    how often the guests saw and acknowledged an overflow.
 * @param stallsAnswered  stalled transactions that the guests answered.
 * @param wakeUps         how often the reader slept and was woken.
 * @param nanos           from the producer's start to the last fetch.
 * @param guests          what each guest's kernel printed.
 */
record RunSummary(int files, long lines, long faults, long delivered, long overflow, long hostOnly, long autoAnswered,
        long rejected, long interrupts, boolean conserved, Latency latency, long producerDropped, long notProduced,
        long overflowAcks, long stallsAnswered, long wakeUps, long nanos, List<Guest> guests) {

    /**
     * Three points of a distribution.
     *
     * @param p50  the median, in ns; null if nothing was measured, as the others.
     * @param p99  what 1 of 100 exceeds.
     * @param p999 what 1 of 1000 exceeds.
     */
    record Latency(Long p50, Long p99, Long p999) {

        static Latency of(final Histogram measured) {
            return measured.getTotalCount() == 0
                    ? new Latency(null, null, null)
                    : new Latency(measured.getValueAtPercentile(50), measured.getValueAtPercentile(99),
                            measured.getValueAtPercentile(99.9));
        }
    }

    /**
     * The figures of this part of a run and a later one.
     *
     * @param later    what was played afterwards.
     * @param measured the latencies of both.
     */
    RunSummary plus(final RunSummary later, final Latency measured) {
        final List<Guest> all = new ArrayList<>(guests);
        for (final Guest guest : later.guests) {
            if (all.stream().noneMatch(known -> known.machine() == guest.machine())) {
                all.add(guest);
            }
        }
        return new RunSummary(files, lines, faults + later.faults, delivered + later.delivered,
                overflow + later.overflow, hostOnly + later.hostOnly, autoAnswered + later.autoAnswered,
                rejected + later.rejected, interrupts + later.interrupts, conserved && later.conserved, measured,
                producerDropped + later.producerDropped, notProduced + later.notProduced,
                overflowAcks + later.overflowAcks, stallsAnswered + later.stallsAnswered, wakeUps + later.wakeUps,
                nanos + later.nanos, all);
    }

    /** The same figures, with how many files were tried and lines read for them. */
    RunSummary of(final int triedFiles, final long readLines) {
        return new RunSummary(triedFiles, readLines, faults, delivered, overflow, hostOnly, autoAnswered, rejected,
                interrupts, conserved, latency, producerDropped, notProduced, overflowAcks, stallsAnswered, wakeUps,
                nanos, guests);
    }

    /**
     * A guest at the end of a run.
     *
     * @param machine its machine.
     * @param queue   records that its queue has.
     * @param lines   what its kernel printed, or the first of it.
     */
    record Guest(MachineKind machine, int queue, List<String> lines) {
    }
}
