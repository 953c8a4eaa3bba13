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

/**
 * The machines that viommu runs: {@code virt} and {@code q35} with QEMU's memory maps, a PCI Express host with the test
 * devices {@code iommu-testdev} and {@code edu}, and one vIOMMU between those devices and memory.
 *
 * <p>There is no CPU. Whoever drives a machine plays the CPU through {@link io.viommu.vmm.machine.PhysicalBus} and
 * {@link io.viommu.vmm.machine.IoPorts}, or an endpoint through {@link io.viommu.vmm.machine.DmaPath}. A machine runs
 * to completion: when a call returns, everything it caused (event record, queue pointer, interrupt) has happened. It
 * belongs to one thread at a time; its users take turns under a lock of their own.
 *
 * <p>Read it in this order: {@link io.viommu.vmm.machine.MachineSpec} says what a machine consists of,
 * {@link io.viommu.vmm.machine.Machine} puts it together, {@link io.viommu.vmm.machine.AttachedIommu} ties a model in.
 */
package io.viommu.vmm.machine;
