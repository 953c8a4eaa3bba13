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
import java.util.Arrays;
import java.util.List;

import org.HdrHistogram.Histogram;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutcome;

/**
 * Brings together how each fault ended, from the lanes of the reader, the injectors and the guests' drivers, and hands
 * it to the report: in the order of the log when the input is played once, as it comes when it is repeated. Belongs to
 * the reporting thread.
 */
final class Outcomes {

    private static final int WORDS = 4;

    private final List<ReplayFault> faults;
    private final int[] faultOfStep;
    private final long repeat;
    private final Report report;
    private final GuestRoom room;
    private final SettlementLane ingress;
    private final List<ReplayMachine> machines = new ArrayList<>();
    private final Histogram latency = new Histogram(3);
    private final long[] seenOf;
    private final Ending[] endings;
    private final long[] totals = new long[FaultOutcome.values().length];
    private int reported;

    /**
     * Starts with what is known before anything is played: the faults that can't be.
     *
     * @param plan    the input.
     * @param steps   the fault of each step of the script.
     * @param repeat  how often the script is played.
     * @param report  takes the faults.
     * @param room    gets back the room of each fault that was reported.
     * @param ingress where faults end that reach no machine.
     */
    Outcomes(final RegionPlan plan, final int[] steps, final long repeat, final Report report, final GuestRoom room,
            final SettlementLane ingress) {
        this.faults = plan.faults();
        this.faultOfStep = steps;
        this.repeat = repeat;
        this.report = report;
        this.room = room;
        this.ingress = ingress;
        this.seenOf = new long[steps.length];
        this.endings = new Ending[faults.size()];
        for (int i = 0; i < endings.length; i++) {
            if (faults.get(i).rejection() != null) {
                endings[i] = Ending.rejected(faults.get(i).rejection(), repeat);
            }
        }
    }

    void add(final ReplayMachine machine) {
        machines.add(machine);
    }

    /** Takes what is there; returns how many faults ended. What needs no order is reported at once. */
    long drain() {
        long taken = drain(ingress, null);
        for (final ReplayMachine machine : machines) {
            taken += drain(machine.settled(), machine.fetched());
        }
        if (taken > 0) {
            room.give(taken);
        }
        return taken;
    }

    private long drain(final SettlementLane settled, final FetchLane fetched) {
        long taken = 0;
        while (!settled.isEmpty()) {
            final FaultDisposition disposition = settled.disposition();
            if (disposition.outcome() != FaultOutcome.DELIVERED) {
                ended(settled.tag(), Ending.of(disposition));
            } else if (fetched.isEmpty()) {
                return taken; // the guest has yet to fetch it
            } else {
                latency.recordValue(Math.max(0, fetched.time() - settled.time()));
                ended(settled.tag(), Ending.delivered(words(fetched, settled.tag())));
                fetched.next();
            }
            settled.next();
            taken++;
        }
        return taken;
    }

    private long[] words(final FetchLane fetched, final long tag) {
        final int step = (int) (tag % faultOfStep.length);
        final int count = Math.min(WORDS, faults.get(faultOfStep[step]).log().words().count());
        final long[] words = new long[count];
        for (int i = 0; i < count; i++) {
            words[i] = fetched.word(i);
        }
        return words;
    }

    private void ended(final long tag, final Ending ending) {
        final int step = (int) (tag % faultOfStep.length);
        seenOf[step]++;
        if (repeat == 1) {
            endings[faultOfStep[step]] = ending;
        } else {
            tell(faultOfStep[step], ending);
        }
    }

    private void tell(final int fault, final Ending ending) {
        totals[ending.outcome().ordinal()] += ending.count();
        report.fault(faults.get(fault), ending);
    }

    /** Reports those whose turn has come. Left until the road is quiet, since putting faults in words takes longer. */
    void reportInOrder() {
        while (repeat == 1 && reported < endings.length && endings[reported] != null) {
            tell(reported, endings[reported]);
            endings[reported++] = null;
        }
    }

    /**
     * Reports what is left: faults that never reached a region's ring, and those that can't be played.
     *
     * @param reason why a fault of the script is missing.
     */
    void finish(final String reason) {
        for (int step = 0; step < faultOfStep.length; step++) {
            final long missing = repeat - seenOf[step];
            if (missing > 0 && repeat == 1) {
                endings[faultOfStep[step]] = Ending.rejected(reason, 1);
            } else if (missing > 0) {
                tell(faultOfStep[step], Ending.rejected(reason, missing));
            }
        }
        for (int i = reported; i < endings.length; i++) {
            if (endings[i] != null) {
                tell(i, endings[i]);
            }
        }
    }

    /** Faults of the script that have ended so far. */
    long seen() {
        return Arrays.stream(seenOf).sum();
    }

    long total(final FaultOutcome outcome) {
        return totals[outcome.ordinal()];
    }

    long reportedTotal() {
        return Arrays.stream(totals).sum();
    }

    Histogram latencies() {
        return latency;
    }
}
