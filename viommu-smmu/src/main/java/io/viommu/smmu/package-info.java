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
 * Arm SMMUv3 (IHI 0070). {@link io.viommu.smmu.SmmuV3} is the device; what it is made of stands in packages named after
 * the boxes of the specification, and a fault goes through them in this order: {@code event} decides what the guest
 * sees, {@code queue} writes it, {@code register} tells of it and interrupts.
 */
package io.viommu.smmu;
