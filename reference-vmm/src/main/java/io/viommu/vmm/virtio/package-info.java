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
 * Endpoints that stock drivers know: a virtio entropy device and a console of the modern PCI transport (VIRTIO 1.2),
 * as registers and queues. Data goes by DMA, through whatever a {@link io.viommu.vmm.virtio.DmaPort} leads through,
 * between the device and buffers that the guest's driver put into a queue.
 */
package io.viommu.vmm.virtio;
