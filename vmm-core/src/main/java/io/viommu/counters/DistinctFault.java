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
 * @param address    address of the last one, where a record of the kind has it.
 */
public record DistinctFault(int source, int hostDevice, int kind, int code, long count, long first, long last,
        long address) {
}
