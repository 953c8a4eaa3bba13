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
 * Passed-through devices whose own tables the hardware walks: what the guest installs and invalidates goes to nested
 * page tables of iommufd, and what faults there comes back. {@link io.viommu.bridge.iommufd.nested.SmmuPassthrough} and
 * {@link io.viommu.bridge.iommufd.nested.VtdPassthrough} tie one vIOMMU's devices to it.
 */
package io.viommu.bridge.iommufd.nested;
