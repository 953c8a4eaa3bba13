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
package io.viommu.vmm.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.ReaderSettings;

/** A device that makes 99 of 100 faults, on the whole road; StormMain runs more of them and looks at the clock. */
class StormTest {

    @Test
    @Timeout(120)
    void whoeverDoesNotStormLosesNothingAndEveryFaultIsCounted() throws InterruptedException {
        final StormRun.Result storm = StormRun.of(new StormSource(4_000, 200_000, true), ReaderSettings.DEFAULT);
        assertThat(storm.read()).isEqualTo(400_000);
        assertThat(storm.conserved()).isTrue();
        assertThat(storm.ofTheQuiet()).isEqualTo(4_000);
        assertThat(storm.delivered()).isEqualTo(storm.ofTheQuiet() + storm.ofTheStorm());
        assertThat(storm.throttled()).isEqualTo(400_000 - storm.delivered()).isPositive();
    }
}
