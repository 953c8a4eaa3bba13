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

package io.viommu.vmm.qtest;

import io.viommu.vmm.machine.FaultDraft;

/** A physical fault as {@code viommu_phys} of the qtest door takes it, for other doors. */
public final class FaultLine {

    private FaultLine() {
    }

    /**
     * Reads a line.
     *
     * @param line a command's name, and then fields {@code NAME=VALUE}.
     * @param smmu whether numbers and words are those of an SMMUv3; else of a VT-d unit.
     * @return the fault.
     * @throws IllegalArgumentException in one sentence that names the field.
     */
    public static FaultDraft parse(final String line, final boolean smmu) {
        try {
            return new PhysicalFault(Words.of(line), smmu).draft();
        } catch (final Refusal refused) {
            throw new IllegalArgumentException(refused.getMessage());
        }
    }
}
