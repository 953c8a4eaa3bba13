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
 * The vfio-user door: a vIOMMU model as a PCI function of somebody else's VMM, with endpoints of ours behind it.
 *
 * <p>An unmodified QEMU connects, its unmodified guest finds the model's registers in a BAR and drives them. Faults
 * come in by a control socket or from logs and journals, and go the way of all faults: source, pipeline, model, guest
 * queue, interrupt.
 */
package io.viommu.vmm.vfiouser;
