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
package io.viommu.counters;

import java.util.List;

/**
 * What a file of a {@link DistinctFaultLog} holds.
 *
 * @param process who keeps it, or kept it.
 * @param start   since when, in milliseconds since the epoch.
 * @param others  faults that found no room.
 * @param lines   each fault that differs, in no order.
 */
public record DistinctFaults(long process, long start, long others, List<DistinctFault> lines) {

    /** Keeps the lines as they are. */
    public DistinctFaults {
        lines = List.copyOf(lines);
    }
}
