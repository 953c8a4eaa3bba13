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

import org.HdrHistogram.Histogram;

/**
 * What a round showed, per fault.
 *
 * @param nanos   from before the first fault to after the last interrupt, by the number of faults.
 * @param cpu     processor time of the consumer's threads, nanoseconds.
 * @param signals writes of the fault eventfd.
 * @param wakes   how often the consumer slept and was woken by it.
 * @param irqs    writes of the guest's eventfd.
 * @param latency from before a fault was written to after its interrupt, in nanoseconds; empty unless paced.
 */
record RoundResult(double nanos, double cpu, double signals, double wakes, double irqs, Histogram latency) {
}
