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
 * Boots an unmodified Linux in an unmodified QEMU whose IOMMU is a model of ours, behind the vfio-user door, and talks
 * to it over its console. Plays what firmware would do: gives the register frame its address before the guest starts,
 * and describes it in a device tree or an ACPI table.
 */
package io.viommu.vmm.realguest;
