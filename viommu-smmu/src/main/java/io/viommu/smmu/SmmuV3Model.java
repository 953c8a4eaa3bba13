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

package io.viommu.smmu;

import java.util.List;

import io.viommu.iommu.IommuModel;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.ModelConfig;
import io.viommu.iommu.ModelProperty;

/** The SMMUv3 model as it is found by name. */
public final class SmmuV3Model implements IommuModel {

    /** The name of the model. */
    public static final String NAME = "smmuv3";

    /** Called by {@link java.util.ServiceLoader}. */
    public SmmuV3Model() {
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return "Arm System Memory Management Unit v3 (IHI 0070)";
    }

    @Override
    public List<ModelProperty> properties() {
        return SmmuConfig.properties();
    }

    @Override
    public SmmuV3 create(final ModelConfig config, final IommuPlatform platform) {
        return new SmmuV3(SmmuConfig.of(config, platform.host().streams()), platform);
    }
}
