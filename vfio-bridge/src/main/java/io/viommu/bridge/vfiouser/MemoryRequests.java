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

package io.viommu.bridge.vfiouser;

import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.StrangersDescriptor;

/** DMA_MAP and DMA_UNMAP. Each method answers with the length of the reply's body, or {@code -errno}. */
final class MemoryRequests {

    private final ClientMemory memory;

    MemoryRequests(final ClientMemory memory) {
        this.memory = memory;
    }

    int map(final Message request) {
        final UnsafeBuffer body = request.body();
        if (request.bodyLength() < DmaMapLayout.LENGTH || request.descriptorCount() > 1) {
            return -Errno.EINVAL;
        }
        final int flags = body.getInt(DmaMapLayout.FLAGS);
        if ((flags & ~(DmaMapLayout.READ | DmaMapLayout.WRITE)) != 0 || (flags & DmaMapLayout.READ) == 0) {
            return -Errno.EINVAL; // memory that can't be read is of no use to a device that walks tables
        }
        final int fd = request.descriptorCount() == 1 ? request.takeDescriptor() : -1;
        try {
            return -memory.map(body.getLong(DmaMapLayout.ADDRESS), body.getLong(DmaMapLayout.SIZE),
                    (flags & DmaMapLayout.WRITE) != 0, fd, body.getLong(DmaMapLayout.OFFSET));
        } finally {
            if (fd >= 0) {
                StrangersDescriptor.close(fd); // the mapping stays
            }
        }
    }

    int unmap(final Message request, final MutableDirectBuffer answer) {
        final UnsafeBuffer body = request.body();
        if (request.bodyLength() < DmaUnmapLayout.LENGTH) {
            return -Errno.EINVAL;
        }
        final int flags = body.getInt(DmaUnmapLayout.FLAGS);
        final long address = body.getLong(DmaUnmapLayout.ADDRESS);
        final long size = body.getLong(DmaUnmapLayout.SIZE);
        if ((flags & DmaUnmapLayout.DIRTY_PAGES) != 0) {
            return -Errno.ENOTSUP;
        }
        if ((flags & ~DmaUnmapLayout.ALL) != 0 || flags == DmaUnmapLayout.ALL && (address != 0 || size != 0)) {
            return -Errno.EINVAL;
        }
        if (flags == DmaUnmapLayout.ALL) {
            memory.clear();
        } else {
            final int errno = memory.unmap(address, size);
            if (errno != 0) {
                return -errno;
            }
        }
        answer.putBytes(0, body, 0, DmaUnmapLayout.LENGTH);
        return DmaUnmapLayout.LENGTH;
    }
}
