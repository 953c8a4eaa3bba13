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
 * The qtest door: QEMU's line protocol for driving a machine without a CPU in it, spoken on standard input and output
 * or on a unix socket, with a QMP monitor beside it, so that unmodified qtest clients find here what they find in QEMU.
 *
 * <p>Read it in this order: {@link io.viommu.vmm.qtest.QtestMain} starts,
 * {@link io.viommu.vmm.qtest.QemuCommandLine} understands QEMU's options, {@link io.viommu.vmm.qtest.QtestSession}
 * reads lines and {@link io.viommu.vmm.qtest.QtestProtocol} answers them; what starts with {@code viommu_} is ours, in
 * {@link io.viommu.vmm.qtest.EndpointCommands} and {@link io.viommu.vmm.qtest.FaultCommands}.
 */
package io.viommu.vmm.qtest;
