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

package io.viommu.vmm.replay;

import io.viommu.bridge.log.LogFault;

/** The machines that a replay knows: one for each architecture. */
public enum MachineKind {
    /** An Arm machine with an SMMUv3. */
    VIRT("virt", "smmuv3", LogFault.Architecture.SMMUV3),
    /** A PC with a VT-d unit. */
    Q35("q35", "intel-iommu", LogFault.Architecture.VTD);

    private final String text;
    private final String model;
    private final LogFault.Architecture architecture;

    MachineKind(final String text, final String model, final LogFault.Architecture architecture) {
        this.text = text;
        this.model = model;
        this.architecture = architecture;
    }

    /**
     * The name that users say.
     *
     * @return QEMU's name of the machine.
     */
    public String text() {
        return text;
    }

    /**
     * The vIOMMU in it.
     *
     * @return the model's name.
     */
    public String model() {
        return model;
    }

    /** The machine whose vIOMMU records faults of an architecture. */
    static MachineKind of(final LogFault.Architecture architecture) {
        return architecture == VIRT.architecture ? VIRT : Q35;
    }
}
