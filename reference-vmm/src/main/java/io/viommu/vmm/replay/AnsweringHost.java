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

import java.util.concurrent.atomic.LongAdder;

import io.viommu.iommu.HostIommu;

/** Stands for the hardware that stalled transactions wait in: takes the answers and counts them. */
final class AnsweringHost implements HostIommu {

    private final LongAdder answers = new LongAdder();

    @Override
    public void respond(final int source, final long cookie, final int code) {
        answers.increment();
    }

    long answers() {
        return answers.sum();
    }
}
