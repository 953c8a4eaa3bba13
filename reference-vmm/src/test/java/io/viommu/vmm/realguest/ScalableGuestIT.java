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

import java.util.Map;

import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Linux's own VT-d driver drives our model in scalable mode: first-stage tables. */
class ScalableGuestIT extends VtdScenarios {

    ScalableGuestIT() {
        super(GuestKind.X86_SCALABLE, Map.of("intremap", "off"));
    }

    @Override
    String unmapped() {
        return "71] SM: Present bit in first-level paging entry is clear";
    }

    @Override
    String notToBeWritten() {
        return "85] SM: No write permission for Write/AtomicOp request";
    }

    @Test
    @Order(1)
    void theDriverTakesScalableMode() {
        assertThat(guest().kernel(0)).noneMatch(line -> line.contains("Scalable mode is disallowed"));
    }
}
