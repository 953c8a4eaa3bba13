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

package io.viommu.iommu;

import java.util.List;

/** A vIOMMU model that can be found by name; registered through {@link java.util.ServiceLoader}. */
public interface IommuModel {

    /**
     * The name that users say.
     *
     * @return QEMU's name of the device, such as {@code smmuv3}.
     */
    String name();

    /**
     * What it is, in one line.
     *
     * @return a phrase for people.
     */
    String description();

    /**
     * What can be configured.
     *
     * @return every property, under QEMU's name where QEMU has it.
     */
    List<ModelProperty> properties();

    /**
     * Makes a device.
     *
     * @param config   checked values of all properties.
     * @param platform what the VMM gives.
     * @return the device, reset.
     * @throws IllegalArgumentException in one sentence, if properties contradict each other.
     */
    VirtualIommu create(ModelConfig config, IommuPlatform platform);
}
