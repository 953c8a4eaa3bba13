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

package io.viommu.vtd;

import java.util.List;
import java.util.Map;

import io.viommu.iommu.IommuModel;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.ModelConfig;
import io.viommu.iommu.ModelProperty;
import io.viommu.iommu.NestedRequesters;
import io.viommu.iommu.VirtualIommu;

/** Makes VT-d units by name. */
public final class VtdModel implements IommuModel {

    private static final String NAME = "intel-iommu";

    /** Made by the service loader. */
    public VtdModel() {
    }

    @Override
    public String name() {
        return NAME;
    }

    /**
     * The width of physical addresses of a unit, for firmware tables, which must not contradict it.
     *
     * @param properties names and values, as the unit is made with.
     * @return bits; what a DMAR table calls the host address width.
     * @throws IllegalArgumentException in one sentence, if they are not the model's.
     */
    public static int hostAddressWidth(final Map<String, String> properties) {
        return VtdConfig.of(ModelConfig.of(NAME, VtdConfig.properties(), properties)).unit().hostAddressWidth();
    }

    @Override
    public String description() {
        return "Intel VT-d DMA remapping unit";
    }

    @Override
    public List<ModelProperty> properties() {
        return VtdConfig.properties();
    }

    @Override
    public VirtualIommu create(final ModelConfig config, final IommuPlatform platform) {
        final VtdConfig checked = VtdConfig.of(config);
        if (checked.accelerated() && platform.host().requesters() == NestedRequesters.NONE) {
            throw new IllegalArgumentException(
                    "intel-iommu: accel=on needs a host unit that walks first-stage tables, and there is none");
        }
        return new VtdUnit(checked, platform);
    }
}
