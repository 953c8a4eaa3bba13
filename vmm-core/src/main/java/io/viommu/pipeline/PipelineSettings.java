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

package io.viommu.pipeline;

import java.util.Objects;

/**
 * How a pipeline is built.
 *
 * @param name     names the injector thread and the counters.
 * @param capacity slots, a power of two; what a burst may pile up before it pushes back on the sources.
 * @param mode     who injects.
 */
public record PipelineSettings(String name, int capacity, InjectorMode mode) {

    /** Slots without another wish: a quarter of a MiB. */
    public static final int DEFAULT_CAPACITY = 4096;

    /** Checks the numbers. */
    public PipelineSettings {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(mode, "mode");
        if (capacity < 2 || capacity > 1 << 24 || Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("capacity must be a power of two from 2 to 16777216, not " + capacity);
        }
    }

    /**
     * A pipeline with a blocking injector thread.
     *
     * @param name names the injector thread and the counters.
     * @return the settings.
     */
    public static PipelineSettings named(final String name) {
        return new PipelineSettings(name, DEFAULT_CAPACITY, InjectorMode.BLOCKING);
    }

    /**
     * The same in another mode.
     *
     * @param other who injects.
     * @return the settings.
     */
    public PipelineSettings mode(final InjectorMode other) {
        return new PipelineSettings(name, capacity, other);
    }
}
