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
package io.viommu.vmm.fuzz;

import java.util.Random;

/** Choices of a seed and a thread's name: what a thread does is the same each time, as far as it meets the same. */
final class ChaosRandom {

    private final long seed;
    private final ThreadLocal<Random> ofThread = ThreadLocal.withInitial(
            () -> of(Thread.currentThread().getName()));

    ChaosRandom(final long seed) {
        this.seed = seed;
    }

    /** The calling thread's. */
    Random get() {
        return ofThread.get();
    }

    /** A new one that begins as this thread name's does. */
    Random of(final String name) {
        return new Random(seed * 0x9E37_79B9_7F4A_7C15L ^ name.hashCode());
    }
}
