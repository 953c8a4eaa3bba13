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

package io.viommu.vmm.realguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;

import org.junit.jupiter.api.Test;

/** The cache is where {@code config/real-guest/set-up} keeps it. */
class GuestFilesTest {

    private static String folder(final Map<String, String> environment) {
        return GuestFiles.inCache(environment).program(GuestKind.values()[0]).getParent().toString();
    }

    @Test
    void theCacheGoesByTheSameVariablesAsTheScripts() {
        assertThat(folder(Map.of("HOME", "/h"))).isEqualTo("/h/.cache/viommu/real-guest");
        assertThat(folder(Map.of("HOME", "/h", "XDG_CACHE_HOME", "/x"))).isEqualTo("/x/viommu/real-guest");
        assertThat(folder(Map.of("XDG_CACHE_HOME", "/x", "VIOMMU_CACHE", "/c"))).isEqualTo("/c/real-guest");
        assertThatThrownBy(() -> folder(Map.of())).hasMessage("VIOMMU_CACHE, XDG_CACHE_HOME or HOME must be set.");
    }

    @Test
    void anEmptyVariableIsNone() {
        assertThat(folder(Map.of("HOME", "/h", "XDG_CACHE_HOME", "", "VIOMMU_CACHE", "")))
                .isEqualTo("/h/.cache/viommu/real-guest");
    }
}
