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

package io.viommu.vtd.register;

/**
 * What takes effect when the guest uses the global command register. Called on the thread of the write, never twice for
 * one change. Nothing here waits: what is under way is drained afterwards, see {@link Drain}.
 */
public interface FrameListener {

    /** A new root table was latched: drop every cached translation (VT-d 6.6 with ESRTPS). */
    void rootTableSet();

    /** A new interrupt remapping table was latched: drop every cached entry (VT-d 6.7). */
    void interruptTableSet();

    /**
     * DMA remapping goes on or off.
     *
     * @param on the new state, in force already; GSTS shows it when in-flight DMA was drained (VT-d 11.4.4.1, TE).
     */
    void translationSwitched(boolean on);

    /**
     * Interrupt remapping goes on or off.
     *
     * @param on the new state, in force already; GSTS shows it later.
     */
    void interruptRemappingSwitched(boolean on);

    /**
     * Compatibility-format interrupts are let through, or not.
     *
     * @param pass the new state, in force already; GSTS shows it later.
     */
    void compatibilityInterruptsSwitched(boolean pass);

    /**
     * Queued invalidation goes on or off. Who hears this shows it in GSTS.
     *
     * @param on the new state, in force already.
     */
    void queuedInvalidationSwitched(boolean on);

    /** GSTS shows a change of DMA or interrupt remapping; what was under way before has ended. */
    void remappingSwitched();
}
