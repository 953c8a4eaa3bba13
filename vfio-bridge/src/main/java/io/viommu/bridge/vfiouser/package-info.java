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
 * The vfio-user door: a server of protocol 0.0, as QEMU speaks it, that presents a PCI function of ours to an
 * unmodified VMM over a unix socket.
 *
 * <p>Data comes from the peer: the guest's memory (as descriptors or as messages), accesses to the function's regions,
 * eventfds for its interrupts. What goes back is answers, interrupts and DMA. The peer is trusted with nothing: sizes
 * are bounded, what breaks a rule is refused with an errno, and what breaks the framing ends the connection.
 */
package io.viommu.bridge.vfiouser;
