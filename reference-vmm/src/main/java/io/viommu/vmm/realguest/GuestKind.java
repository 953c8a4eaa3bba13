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

package io.viommu.vmm.realguest;

import io.viommu.vmm.vfiouser.VfioUserEndpoint;

/** What is booted: the machine with its IOMMU, and where firmware puts the register frame. */
enum GuestKind {
    /** QEMU's virt with an SMMUv3 that sends its interrupts as messages through the ITS. */
    ARM64_MSI("arm64", "smmuv3", "qemu-system-aarch64", "ttyAMA0", "1f.0", "1e.0", "1d.0"),
    /** QEMU's virt with an SMMUv3 that has one wire. */
    ARM64_WIRED("arm64", "smmuv3", "qemu-system-aarch64", "ttyAMA0", "1f.0", "1e.0", "1d.0"),
    /** QEMU's q35 with a VT-d unit, its driver in legacy mode. */
    X86_LEGACY("x86_64", "intel-iommu", "qemu-system-x86_64", "ttyS0", "04.0", "05.0", "06.0"),
    /** The same in scalable mode. */
    X86_SCALABLE("x86_64", "intel-iommu", "qemu-system-x86_64", "ttyS0", "04.0", "05.0", "06.0"),
    /** The same with Xen as the driver of the unit, and Linux in its first domain. */
    X86_XEN("x86_64", "intel-iommu", "qemu-system-x86_64", "hvc0", "04.0", "05.0", "06.0");

    private final String architecture;
    private final String model;
    private final String program;
    private final String terminal;
    private final String iommuSlot;
    private final String endpointSlot;
    private final String consoleSlot;

    GuestKind(final String architecture, final String model, final String program, final String terminal,
            final String iommuSlot, final String endpointSlot, final String consoleSlot) {
        this.architecture = architecture;
        this.model = model;
        this.program = program;
        this.terminal = terminal;
        this.iommuSlot = iommuSlot;
        this.endpointSlot = endpointSlot;
        this.consoleSlot = consoleSlot;
    }

    boolean arm() {
        return "arm64".equals(architecture);
    }

    String architecture() {
        return architecture;
    }

    String model() {
        return model;
    }

    String program() {
        return program;
    }

    /** The guest's serial console. */
    String terminal() {
        return terminal;
    }

    String iommuSlot() {
        return iommuSlot;
    }

    /** Where the entropy device is plugged. */
    String endpointSlot() {
        return endpointSlot;
    }

    /** StreamID or requester id of the entropy device. */
    int requester() {
        return requester(VfioUserEndpoint.Kind.VIRTIO_RNG);
    }

    /** Where an endpoint is plugged. */
    String slot(final VfioUserEndpoint.Kind endpoint) {
        return endpoint == VfioUserEndpoint.Kind.VIRTIO_RNG ? endpointSlot : consoleSlot;
    }

    /** StreamID or requester id of an endpoint. */
    int requester(final VfioUserEndpoint.Kind endpoint) {
        return Integer.parseInt(slot(endpoint).substring(0, 2), 16) << 3;
    }
}
