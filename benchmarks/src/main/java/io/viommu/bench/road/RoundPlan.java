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

/**
 * What the producer does in a round.
 *
 * @param signalling when it writes the eventfd.
 * @param faults     how many it makes.
 * @param paceNanos  one each so many nanoseconds; 0 = as fast as the ring takes them (closed loop).
 */
record RoundPlan(Signalling signalling, int faults, long paceNanos) {

    boolean paced() {
        return paceNanos != 0;
    }
}
