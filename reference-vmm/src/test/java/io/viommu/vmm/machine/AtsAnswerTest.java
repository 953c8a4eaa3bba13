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

package io.viommu.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.iommu.AtsSession;

class AtsAnswerTest {

    @Test
    void theRegionIsTheAlignedPageAroundTheAddress() {
        assertThat(AtsAnswer.granted(0x1000, 0x4800_5000L, 0x1000, AtsSession.ATS_READ))
                .isEqualTo(new AtsAnswer(AtsSession.ATS_SUCCESS, 0x4800_5000L, 0x1000, AtsSession.ATS_READ));
        assertThat(AtsAnswer.granted(0x20_1000, 0x4820_1000L, 0x1F_F000, 3))
                .isEqualTo(new AtsAnswer(AtsSession.ATS_SUCCESS, 0x4820_0000L, 0x20_0000, 3));
        assertThat(AtsAnswer.granted(0x0FF8, 0x4800_5FF8L, 8, 1).address()).isEqualTo(0x4800_5000L);
    }

    @Test
    void aSpanThatEndsAtNoPowerOfTwoIsTakenAsThePageAlone() {
        assertThat(AtsAnswer.granted(0x1000, 0x1000, 0x4000, 1).size()).isEqualTo(0x1000);
    }
}
