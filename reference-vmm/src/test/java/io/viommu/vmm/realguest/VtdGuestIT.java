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

import java.util.Map;

/** Linux's own VT-d driver drives our model in legacy mode: second-stage tables. */
class VtdGuestIT extends VtdScenarios {

    VtdGuestIT() {
        super(GuestKind.X86_LEGACY, Map.of("intremap", "off", "fault-records", "32"));
    }

    @Override
    String unmapped() {
        return "05] PTE Write access is not set";
    }

    /** In these tables a page that isn't there is one that may be neither written nor read. */
    @Override
    String notToBeWritten() {
        return unmapped();
    }
}
