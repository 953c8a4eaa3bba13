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

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The checked values of a model's properties, given ones and defaults. */
public final class ModelConfig {

    private final Map<String, String> values;
    private final Map<String, String> given;

    private ModelConfig(final Map<String, String> values, final Map<String, String> given) {
        this.values = values;
        this.given = given;
    }

    /**
     * Checks what a user gave against what a model takes.
     *
     * @param model the model's name, for the sentence.
     * @param known the model's properties.
     * @param given names and values as the user wrote them.
     * @return all properties with values.
     * @throws IllegalArgumentException in one sentence that names the property and what is allowed.
     */
    public static ModelConfig of(final String model, final List<ModelProperty> known,
            final Map<String, String> given) {
        final Map<String, String> values = new HashMap<>();
        final Map<String, String> accepted = new HashMap<>();
        known.forEach(property -> values.put(property.name(), property.defaultValue()));
        given.forEach((name, value) -> {
            final ModelProperty property = known.stream()
                    .filter(p -> p.name().equals(name) || p.aliases().contains(name)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(model + " has no property '" + name
                            + "'; it takes: "
                            + known.stream().map(ModelProperty::name).sorted().collect(Collectors.joining(", "))));
            final String checked = property.accept(value);
            if (checked == null) {
                throw new IllegalArgumentException(
                        model + ": " + name + " must be " + property.allowed() + ", not '" + value + "'");
            }
            values.put(property.name(), checked);
            accepted.put(property.name(), checked);
        });
        return new ModelConfig(values, accepted);
    }

    /**
     * The value of a switch.
     *
     * @param name its name.
     * @return true if on.
     */
    public boolean flag(final String name) {
        return "on".equals(value(name));
    }

    /**
     * The value of a number.
     *
     * @param name its name.
     * @return the number, within its bounds.
     */
    public int number(final String name) {
        return Math.toIntExact(Long.parseLong(value(name)));
    }

    /**
     * The value of a choice.
     *
     * @param name its name.
     * @return one of its words.
     */
    public String choice(final String name) {
        return value(name);
    }

    /**
     * Whether the user gave a value.
     *
     * @param name a property's name.
     * @return false if the default holds.
     */
    public boolean given(final String name) {
        return given.containsKey(name);
    }

    private String value(final String name) {
        final String value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("no property " + name);
        }
        return value;
    }
}
