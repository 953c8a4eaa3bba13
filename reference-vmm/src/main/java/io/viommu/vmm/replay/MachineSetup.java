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

import io.viommu.pipeline.InjectorMode;
import io.viommu.vmm.guest.Smmuv3Driver;

/**
 * How machines of a replay are set up.
 *
 * @param metered    whether faults wait for room in the guest's queue.
 * @param guestQueue records of the guest's queue, or 0 for what its driver and the model choose.
 * @param injector   who injects into the vIOMMU.
 * @param reportRoom faults that may be unreported at once; a power of two.
 */
record MachineSetup(boolean metered, int guestQueue, InjectorMode injector, int reportRoom) {

    /** The size that the SMMU's driver asks for, as a power of two. */
    int log2Events() {
        return guestQueue == 0 ? Smmuv3Driver.LINUX_LOG2_EVENTS : Integer.numberOfTrailingZeros(guestQueue);
    }
}
