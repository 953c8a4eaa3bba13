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
 * The host's IOMMU as Linux ships it: /dev/iommu, its objects, its fault queues and its event queues.
 *
 * <p>Read it in this order: {@link io.viommu.bridge.iommufd.IommufdKernel} is all that is asked of a kernel, so that a
 * fake can stand in for it; {@link io.viommu.bridge.iommufd.Iommufd} makes the objects, each a small handle that
 * closes what depends on it first; {@link io.viommu.bridge.iommufd.FaultQueueSource} and {@link
 * io.viommu.bridge.iommufd.VeventQueueSource} read faults; {@link io.viommu.bridge.iommufd.nested.IommufdHost} takes
 * the guest's answers back. The bytes are those of {@link io.viommu.bridge.uapi}.
 */
package io.viommu.bridge.iommufd;
