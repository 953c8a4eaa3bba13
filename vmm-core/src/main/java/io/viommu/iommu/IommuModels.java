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
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.JvmFlag;

/** Finds vIOMMU models by name among those on the class path. */
public final class IommuModels {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    private IommuModels() {
    }

    /**
     * All models that can be found.
     *
     * @return in the order of their names.
     */
    public static List<IommuModel> all() {
        return ServiceLoader.load(IommuModel.class).stream().map(ServiceLoader.Provider::get)
                .sorted((a, b) -> a.name().compareTo(b.name())).toList();
    }

    /**
     * Finds a model.
     *
     * @param name its name.
     * @return the model.
     * @throws IllegalArgumentException in one sentence that lists the names there are.
     */
    public static IommuModel find(final String name) {
        return all().stream().filter(model -> model.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no vIOMMU model '" + name + "'; there are: "
                        + all().stream().map(IommuModel::name).collect(Collectors.joining(", "))));
    }

    /**
     * Makes a device by name.
     *
     * @param name       the model's name.
     * @param properties names and values; what isn't given takes its default.
     * @param platform   what the VMM gives.
     * @return the device, reset.
     * @throws IllegalArgumentException in one sentence, if the name or a property is not one of the model's.
     */
    public static VirtualIommu create(final String name, final Map<String, String> properties,
            final IommuPlatform platform) {
        final IommuModel model = find(name);
        return model.create(ModelConfig.of(name, model.properties(), properties), platform);
    }
}
