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
 * The DMA-fault region of the 2019 to 2021 VFIO series (never merged): a ring in memory that the kernel, or here a
 * producer process in its place, fills with faults of one device, and an eventfd that tells of them.
 *
 * <p>Read it in this order: {@link io.viommu.bridge.dmafault.DmaFaultRegionLayout},
 * {@link io.viommu.bridge.dmafault.IommuFault2021} and {@link io.viommu.bridge.dmafault.ExtendedFaultEntry} are the
 * bytes; {@link io.viommu.bridge.dmafault.DmaFaultProducer} writes them as the kernel would;
 * {@link io.viommu.bridge.dmafault.DmaFaultRegion} reads them as a {@link io.viommu.fault.FaultSource};
 * {@link io.viommu.bridge.FaultReader} is the thread that waits for many sources at once.
 * {@link io.viommu.bridge.dmafault.ProducerProcess} runs a script of faults from another process.
 */
package io.viommu.bridge.dmafault;
