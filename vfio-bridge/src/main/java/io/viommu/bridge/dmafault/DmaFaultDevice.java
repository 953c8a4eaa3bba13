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
package io.viommu.bridge.dmafault;

import java.util.Objects;

/**
 * The device whose faults a region carries, and how they are to be taken.
 *
 * @param name       for people: counters, messages.
 * @param source     number of the source, 0 to 65535, as the routes know it; one for each region.
 * @param hostDevice the host's name of the device, for entries that don't carry one of their own.
 * @param asReported whether faults are injected as reported (a replayed log) instead of being recomputed from the
 *                   guest's tables (live use).
 */
public record DmaFaultDevice(String name, int source, int hostDevice, boolean asReported) {

    private static final int MAX_SOURCE = 0xFFFF;

    /** Checks the numbers. */
    public DmaFaultDevice {
        Objects.requireNonNull(name, "name");
        if (source < 0 || source > MAX_SOURCE) {
            throw new IllegalArgumentException("source must be 0 to 65535, not " + source + ".");
        }
    }
}
