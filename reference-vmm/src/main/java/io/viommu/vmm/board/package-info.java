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
 * A virtual machine monitor on KVM: a {@link io.viommu.vmm.board.VirtualMachine} has memory, a board with its
 * interrupt controller, serial port and PCI Express bus, a vIOMMU of this project in front of its devices, and a thread
 * for each vCPU, which is {@code VcpuLoop}. The page docs/hypervisor.md says how to read it.
 */
package io.viommu.vmm.board;
