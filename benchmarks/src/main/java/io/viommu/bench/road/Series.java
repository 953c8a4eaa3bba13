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

package io.viommu.bench.road;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The rounds of one consumer under one plan, in the order in which they ran. */
final class Series {

    private final String consumer;
    private final List<RoundResult> rounds = new ArrayList<>();

    Series(final String consumer) {
        this.consumer = consumer;
    }

    String consumer() {
        return consumer;
    }

    List<RoundResult> rounds() {
        return rounds;
    }

    void add(final RoundResult round) {
        rounds.add(round);
    }

    double median(final ToDoubleFunction<RoundResult> figure) {
        return median(rounds.stream().mapToDouble(figure).toArray());
    }

    double best(final ToDoubleFunction<RoundResult> figure) {
        return rounds.stream().mapToDouble(figure).min().orElse(Double.NaN);
    }

    /** The median of the ratios of rounds that ran one after the other: what disturbed one disturbed the other. */
    double ratioTo(final Series reference, final ToDoubleFunction<RoundResult> figure) {
        final double[] ratios = new double[Math.min(rounds.size(), reference.rounds.size())];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = figure.applyAsDouble(rounds.get(i)) / figure.applyAsDouble(reference.rounds.get(i));
        }
        return median(ratios);
    }

    static ToDoubleFunction<RoundResult> percentile(final double percentile) {
        return round -> round.latency().getValueAtPercentile(percentile);
    }

    private static double median(final double[] values) {
        Arrays.sort(values);
        final int middle = values.length / 2;
        if (values.length == 0) {
            return Double.NaN;
        }
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
