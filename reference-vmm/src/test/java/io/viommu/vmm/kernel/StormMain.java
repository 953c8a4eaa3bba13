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
package io.viommu.vmm.kernel;

import org.HdrHistogram.Histogram;

import io.viommu.bridge.ReaderSettings;

/**
 * What the profile storm runs: the same faults of 63 devices, first quietly, then with one more device that makes 99 of
 * 100, ten million in all. Exits with 1 if a quiet device lost a fault, if the 99th percentile of its latency grew more
 * than threefold, if a fault is not accounted for, or if memory grew.
 */
public final class StormMain {

    private static final long QUIET = 100_000;
    private static final long GAP_NANOS = 200_000;
    /** The source has no descriptor to sleep on, and sleeping would be most of the latency. */
    private static final ReaderSettings SPINNING = new ReaderSettings(true, 256);
    private static final double MOST_RATIO = 3;
    private static final long MOST_GROWTH = 4 << 20;

    private StormMain() {
    }

    /** Runs both, after a rehearsal. */
    public static void main(final String[] arguments) throws InterruptedException {
        StormRun.of(new StormSource(QUIET / 10, GAP_NANOS, true), SPINNING);
        final StormRun.Result quiet = StormRun.of(new StormSource(QUIET, GAP_NANOS, false), SPINNING);
        final StormRun.Result storm = StormRun.of(new StormSource(QUIET, GAP_NANOS, true), SPINNING);
        print("quiet", quiet);
        print("storm", storm);
        final double ratio = (double) p99(storm.latency()) / p99(quiet.latency());
        System.out.printf("p99 of the 63: %.2f times that of the quiet run (at most %.0f)%n", ratio, MOST_RATIO);
        final boolean nothingLost = quiet.ofTheQuiet() == QUIET && storm.ofTheQuiet() == QUIET;
        final boolean flat = storm.heap() - quiet.heap() < MOST_GROWTH;
        System.out.printf("lost by the 63: %d; conserved: %s; memory flat: %s%n", QUIET - storm.ofTheQuiet(),
                quiet.conserved() && storm.conserved(), flat);
        System.exit(nothingLost && flat && quiet.conserved() && storm.conserved() && ratio <= MOST_RATIO ? 0 : 1);
    }

    private static long p99(final Histogram latency) {
        return latency.getValueAtPercentile(99);
    }

    private static void print(final String name, final StormRun.Result result) {
        System.out.printf("%s: %,d read, %,d settled, %,d delivered (%,d of the 63), %,d throttled, "
                + "p50 %.1f us, p99 %.1f us, p99.9 %.1f us, heap %,d KiB%n", name, result.read(), result.settled(),
                result.delivered(), result.ofTheQuiet(), result.throttled(),
                result.latency().getValueAtPercentile(50) / 1e3, p99(result.latency()) / 1e3,
                result.latency().getValueAtPercentile(99.9) / 1e3, result.heap() >> 10);
    }
}
