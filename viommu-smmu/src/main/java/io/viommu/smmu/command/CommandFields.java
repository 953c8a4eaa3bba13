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

package io.viommu.smmu.command;

import io.viommu.smmu.spec.CommandLayout;

/** Fields that commands of several families share (IHI 0070, 4.1.6). */
final class CommandFields {

    private CommandFields() {
    }

    static int stream(final long word0) {
        return (int) (word0 >>> CommandLayout.STREAM_SHIFT);
    }

    static int substream(final long word0) {
        return (int) (word0 >>> CommandLayout.LOW_FIELD_SHIFT) & CommandLayout.SUBSTREAM_MASK;
    }

    /** Whether an identifier has no more bits than the device offers. */
    static boolean fits(final int id, final int bits) {
        return bits == Integer.SIZE || id >>> bits == 0;
    }
}
