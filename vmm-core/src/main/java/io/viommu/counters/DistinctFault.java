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
 * What a {@link DistinctFaultLog} knows of one kind of fault of one device.
 *
 * @param source     number of the source that it came from.
 * @param hostDevice the source's name of the device.
 * @param kind       of {@link io.viommu.fault.FaultKind}.
 * @param code       event type, fault reason, or 0 where the kind has none.
 * @param count      how often it was read.
 * @param first      when first, in milliseconds since the epoch.
 * @param last       when last.
 * @param firstWords the four words of the first one, as {@link io.viommu.fault.FaultRecord#word} has them.
 * @param lastWords  those of the last one.
 */
public record DistinctFault(int source, int hostDevice, int kind, int code, long count, long first, long last,
        List<Long> firstWords, List<Long> lastWords) {

    /** Keeps the words as they are. */
    public DistinctFault {
        firstWords = List.copyOf(firstWords);
        lastWords = List.copyOf(lastWords);
    }
}
