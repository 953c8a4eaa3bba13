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

package io.viommu.fault;

/**
 * Learns how each fault ended: what a trace, a replay or a test looks at. Called by the injector, in the order of
 * injection, right after the disposition is known and before the interrupt of its batch; for a fault that never got a
 * slot, by the thread that read it. Must not block.
 */
@FunctionalInterface
public interface FaultObserver {

    /** Looks away. */
    FaultObserver NONE = (record, disposition) -> {
    };

    /**
     * A fault has ended.
     *
     * @param record      the fault as it was injected; valid during the call.
     * @param disposition how it ended.
     */
    void settled(FaultRecord record, FaultDisposition disposition);
}
