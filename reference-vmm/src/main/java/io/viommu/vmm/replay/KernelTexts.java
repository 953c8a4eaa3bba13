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

package io.viommu.vmm.replay;

import java.util.List;

import io.viommu.smmu.SmmuEventText;
import io.viommu.vtd.fault.VtdFaultText;

/** How the kernels of the replay's guests print. */
final class KernelTexts {

    /** What Linux calls the first SMMU that ACPI tells it of. */
    private static final String SMMU = "arm-smmu-v3.0.auto";

    private KernelTexts() {
    }

    static KernelText of(final MachineKind kind) {
        return kind == MachineKind.VIRT ? new Smmu() : new Dmar();
    }

    private static final class Smmu implements KernelText {
        @Override
        public String line(final String text) {
            return "arm-smmu-v3 " + SMMU + ": " + text;
        }

        @Override
        public List<String> fault(final long word0, final long word1, final long word2, final long word3) {
            // No driver of this guest has attached a device, so its kernel knows no name for any stream.
            return new SmmuEventText(word0, word1, word2, word3).linux(SMMU, null);
        }
    }

    private static final class Dmar implements KernelText {
        @Override
        public String line(final String text) {
            return "DMAR: " + text;
        }

        @Override
        public List<String> fault(final long word0, final long word1, final long word2, final long word3) {
            return List.of(VtdFaultText.linuxLine(word0, word1));
        }
    }
}
