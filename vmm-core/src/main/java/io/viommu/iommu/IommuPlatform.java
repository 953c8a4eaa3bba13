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

import java.util.Objects;

import io.viommu.interrupt.InterruptSink;
import io.viommu.memory.GuestMemory;

/**
 * All that a model needs from a virtual machine monitor, besides a place in its MMIO map.
 *
 * @param memory     the guest's memory.
 * @param interrupts the way to the guest's interrupt controller.
 * @param host       the hardware behind passed-through devices, or {@link HostIommu#NONE}.
 */
public record IommuPlatform(GuestMemory memory, InterruptSink interrupts, HostIommu host) {

    /** Refuses half a platform. */
    public IommuPlatform {
        Objects.requireNonNull(memory, "memory");
        Objects.requireNonNull(interrupts, "interrupts");
        Objects.requireNonNull(host, "host");
    }

    /**
     * A platform without hardware behind it.
     *
     * @param memory     the guest's memory.
     * @param interrupts the way to the guest's interrupt controller.
     */
    public IommuPlatform(final GuestMemory memory, final InterruptSink interrupts) {
        this(memory, interrupts, HostIommu.NONE);
    }
}
