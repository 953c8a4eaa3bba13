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

package io.viommu.iommu;

/** A vIOMMU that interrupt messages of devices pass through. */
public interface InterruptRemapper {

    /** Stands for a sender whose requester id is not checked. */
    int NO_REQUESTER = -1;

    /**
     * A device, or an IOAPIC, sends an interrupt message. What becomes of it goes to the VMM's interrupt sink, or
     * nowhere if it is blocked; a fault is recorded as the architecture says.
     *
     * @param requesterId who sends, or {@link #NO_REQUESTER}.
     * @param address     the address written.
     * @param data        the 32 bits written.
     * @return false if it was blocked, or nothing took it.
     */
    boolean deviceMessage(int requesterId, long address, int data);
}
