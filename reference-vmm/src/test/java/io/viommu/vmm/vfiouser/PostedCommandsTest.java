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

package io.viommu.vmm.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a guest has posted, by the registers that it writes; memory is here its own address. */
class PostedCommandsTest {

    private final PostedCommands smmu = new PostedCommands(true, address -> address);
    private final PostedCommands vtd = new PostedCommands(false, address -> address);

    private void enableSmmu(final int log2) {
        smmu.written(0x90, 8, 0x4000_0000_8000_0000L | log2);
        smmu.written(0x98, 4, 0);
        smmu.written(0x20, 4, 1 << 3);
    }

    @Test
    void aTailThatMovesPostsWhatLiesBetween() {
        enableSmmu(4);
        assertThat(smmu.written(0x98, 4, 2)).containsExactly(new long[]{ 0x8000_0000L, 0x8000_0008L },
                new long[]{ 0x8000_0010L, 0x8000_0018L });
        assertThat(smmu.written(0x98, 4, 2)).isEmpty();
        assertThat(smmu.written(0x9C, 4, 3)).as("another register").isEmpty();
    }

    @Test
    void aRingEndsAndBeginsAnew() {
        enableSmmu(2);
        smmu.written(0x98, 4, 3);
        assertThat(smmu.written(0x98, 4, 5)).extracting(words -> words[0]).containsExactly(0x8000_0030L, 0x8000_0000L);
        assertThat(smmu.written(0x98, 4, 1)).as("a whole ring: the wrap bit differs").hasSize(4);
    }

    @Test
    void nothingIsPostedToAQueueThatIsOff() {
        smmu.written(0x90, 8, 0x8000_0004L);
        assertThat(smmu.written(0x98, 4, 3)).isEmpty();
        smmu.written(0x20, 4, 1 << 3);
        assertThat(smmu.written(0x98, 4, 4)).as("from where the guest has put the index").hasSize(1);
        smmu.reset();
        assertThat(smmu.written(0x98, 4, 5)).isEmpty();
    }

    @Test
    void noIndexPostsMoreThanTheRingHolds() {
        enableSmmu(31);
        assertThat(smmu.written(0x98, 4, 0xFFFF_FFFFL).size()).isLessThanOrEqualTo(1 << 19);
    }

    @Test
    void descriptorsOfVtdAreWideIfTheQueueSaysSo() {
        vtd.written(0x90, 8, 0x10_0000);
        vtd.written(0x88, 8, 0);
        vtd.written(0x18, 4, 1 << 26);
        assertThat(vtd.written(0x88, 8, 0x20)).containsExactly(new long[]{ 0x10_0000, 0x10_0008 },
                new long[]{ 0x10_0010, 0x10_0018 });
        vtd.written(0x18, 4, 0);
        vtd.written(0x90, 8, 0x20_0000 | 1 << 11);
        vtd.written(0x88, 4, 0xFE0);
        vtd.written(0x18, 4, 1 << 26);
        assertThat(vtd.written(0x88, 4, 0)).containsExactly(new long[]{ 0x20_0FE0, 0x20_0FE8, 0x20_0FF0, 0x20_0FF8 });
    }
}
