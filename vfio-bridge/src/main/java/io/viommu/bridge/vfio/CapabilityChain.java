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
package io.viommu.bridge.vfio;

import org.agrona.DirectBuffer;

import io.viommu.bridge.uapi.VfioDevices.VfioCapHeaderLayout;

/**
 * The chain of capabilities behind an info structure of VFIO. It is walked forwards only, so whatever the bytes say, a
 * walk ends, and within the buffer.
 */
public final class CapabilityChain {

    private final String of;
    private final DirectBuffer info;
    private final int structure;
    private final int first;

    /**
     * Looks at a chain.
     *
     * @param of        what the info is of, for error sentences.
     * @param info      the info, all of it.
     * @param structure bytes of the structure before the chain.
     * @param first     offset of the first capability, 0 if there is none.
     */
    public CapabilityChain(final String of, final DirectBuffer info, final int structure, final int first) {
        this.of = of;
        this.info = info;
        this.structure = structure;
        this.first = first;
    }

    /**
     * Finds a capability. The whole chain is checked, also behind the one that is found.
     *
     * @param id     its id.
     * @param length the least bytes that it has.
     * @return its offset in the info, or 0 if there is none.
     * @throws IllegalArgumentException in one sentence, if the chain is broken.
     */
    public int find(final int id, final int length) {
        int found = 0;
        int previous = structure - 1;
        for (int at = first; at != 0; at = info.getInt(at + VfioCapHeaderLayout.NEXT)) {
            if (at <= previous || at > info.capacity() - VfioCapHeaderLayout.LENGTH) {
                throw new IllegalArgumentException("The " + of + "'s capability chain leads to byte " + at + ".");
            }
            if (found == 0 && (info.getShort(at + VfioCapHeaderLayout.ID) & 0xFFFF) == id) {
                found = at;
            }
            previous = at;
        }
        if (found > info.capacity() - length) {
            throw new IllegalArgumentException("The " + of + " ends within the capability at byte " + found + ".");
        }
        return found;
    }
}
