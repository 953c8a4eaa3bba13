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
package io.viommu.bridge.dmafault;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.Closing;

/** How this process reaches a region: the entries by a mapping, head and tail by it too or by system calls. */
interface RingAccess extends AutoCloseable {

    /** Everything below is done between enter and exit. */
    Closing use();

    /** Where the entries lie in {@link #entries}; read once. */
    RingGeometry geometry();

    /** The mapping; empty once this is closed. */
    UnsafeBuffer entries();

    /** The tail that the region was found with. */
    int firstTail();

    /** What the producer fills next; none of the ring's indices if the region is broken. */
    int head();

    /** Makes room; the producer may see it late. */
    void room(int tail);

    /** Makes room, before the next look at the head. */
    void settle(int tail);

    /** What is wrong with a head that is none, as the end of a sentence. */
    default String defect(final int head) {
        return "its head is " + Integer.toUnsignedString(head) + ", which must be below nb_entries, "
                + geometry().entries();
    }

    @Override
    void close();
}
