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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

class ModelConfigTest {

    private static final List<ModelProperty> PROPERTIES = List.of(ModelProperty.flag("ril", true, "range"),
            ModelProperty.number("oas", 32, 52, 44, "bits"),
            ModelProperty.choice("stage", List.of("1", "2", "nested"), "nested", "stages"),
            ModelProperty.flag("scalable-mode", false, "scalable").alias("x-scalable-mode"));

    private static ModelConfig of(final Map<String, String> given) {
        return ModelConfig.of("toy", PROPERTIES, given);
    }

    @Test
    void defaultsHoldForWhatIsNotGiven() {
        final ModelConfig config = of(Map.of());
        assertThat(config.flag("ril")).isTrue();
        assertThat(config.number("oas")).isEqualTo(44);
        assertThat(config.choice("stage")).isEqualTo("nested");
        assertThat(config.given("oas")).isFalse();
    }

    @Test
    void givenValuesAliasesAndQemusSpellingsOfSwitchesAreTaken() {
        final ModelConfig config = of(
                Map.of("ril", "false", "oas", "0x30", "stage", "1", "x-scalable-mode", "yes"));
        assertThat(config.flag("ril")).isFalse();
        assertThat(config.number("oas")).isEqualTo(48);
        assertThat(config.choice("stage")).isEqualTo("1");
        assertThat(config.flag("scalable-mode")).isTrue();
        assertThat(config.given("scalable-mode")).isTrue();
    }

    @Test
    void unknownPropertyIsAnsweredWithTheListOfThoseThereAre() {
        assertThatThrownBy(() -> of(Map.of("raid", "on")))
                .hasMessage("toy has no property 'raid'; it takes: oas, ril, scalable-mode, stage");
    }

    @Test
    void impossibleValueIsAnsweredWithTheAllowedOnes() {
        assertThatThrownBy(() -> of(Map.of("oas", "53"))).hasMessage("toy: oas must be 32..52, not '53'");
        assertThatThrownBy(() -> of(Map.of("oas", "many"))).hasMessage("toy: oas must be 32..52, not 'many'");
        assertThatThrownBy(() -> of(Map.of("ril", "maybe"))).hasMessage("toy: ril must be on|off, not 'maybe'");
        assertThatThrownBy(() -> of(Map.of("stage", "3"))).hasMessage("toy: stage must be 1|2|nested, not '3'");
    }

    @Test
    void unknownModelIsAnsweredInOneSentence() {
        assertThatThrownBy(() -> IommuModels.find("virtio-iommu")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no vIOMMU model 'virtio-iommu'; there are:");
    }
}
