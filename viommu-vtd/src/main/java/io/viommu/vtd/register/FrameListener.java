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
 * What must happen besides a change of status when the guest uses the global command register. Called on the vCPU
 * thread of the write, never twice for one change.
 */
public interface FrameListener {

    /** A new root table was latched: drop every cached translation, drain what uses one (VT-d 6.6 with ESRTPS). */
    void rootTableSet();

    /** A new interrupt remapping table was latched: drop every cached entry (VT-d 6.7). */
    void interruptTableSet();

    /**
     * DMA remapping goes on or off; in-flight DMA is drained before this returns (VT-d 11.4.4.1, TE).
     *
     * @param on the new state, in force already; GSTS shows it when this returns.
     */
    void translationSwitched(boolean on);

    /**
     * Interrupt remapping goes on or off.
     *
     * @param on the new state, in force already; GSTS shows it when this returns.
     */
    void interruptRemappingSwitched(boolean on);

    /**
     * Compatibility-format interrupts are let through, or not.
     *
     * @param pass the new state, in force already; GSTS shows it when this returns.
     */
    void compatibilityInterruptsSwitched(boolean pass);

    /**
     * Queued invalidation goes on or off.
     *
     * @param on the new state, in force already; GSTS shows it when this returns.
     */
    void queuedInvalidationSwitched(boolean on);
}
