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
package io.viommu.bridge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * struct msghdr with one iovec and room for the descriptors of one SCM_RIGHTS message; 64-bit ABI.
 *
 * <pre>
 *  msghdr   0 name  8 namelen  16 iov  24 iovlen  32 control  40 controllen  48 flags   (56 bytes)
 *  iovec    0 base  8 len                                                               (16 bytes)
 *  cmsghdr  0 len   8 level   12 type  16 s32 fd[n], padded to 8 bytes
 * </pre>
 */
final class MessageHeader {
    private static final int SIZE = 56;
    private static final int IOV = 16;
    private static final int IOV_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int IOVEC_LENGTH = 8;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int CMSG_ALIGN = 7;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 8;
    private static final int[] NONE = {};

    /** The kernel's limit, SCM_MAX_FD. */
    static final int MAX_DESCRIPTORS = 253;
    private static final int CONTROL_SIZE = CMSG_DATA + (MAX_DESCRIPTORS * Integer.BYTES + CMSG_ALIGN & ~CMSG_ALIGN);

    private final MemorySegment header = Arena.ofAuto().allocate(SIZE, 8);
    private final MemorySegment vector = Arena.ofAuto().allocate(16, 8);
    private final MemorySegment control = Arena.ofAuto().allocate(CONTROL_SIZE, 8);

    MemorySegment toSend(final MemorySegment bytes, final int[] descriptors) {
        prepare(bytes);
        if (descriptors.length == 0) {
            header.set(LibC.LONG, CONTROL, 0);
            header.set(LibC.LONG, CONTROL_LENGTH, 0);
            return header;
        }
        final int length = CMSG_DATA + descriptors.length * Integer.BYTES;
        control.set(LibC.LONG, 0, length);
        control.set(LibC.INT, CMSG_LEVEL, SOL_SOCKET);
        control.set(LibC.INT, CMSG_TYPE, SCM_RIGHTS);
        MemorySegment.copy(descriptors, 0, control, LibC.INT, CMSG_DATA, descriptors.length);
        header.set(LibC.LONG, CONTROL, control.address());
        header.set(LibC.LONG, CONTROL_LENGTH, length + CMSG_ALIGN & ~CMSG_ALIGN);
        return header;
    }

    MemorySegment toReceive(final MemorySegment bytes) {
        prepare(bytes);
        header.set(LibC.LONG, CONTROL, control.address());
        header.set(LibC.LONG, CONTROL_LENGTH, CONTROL_SIZE);
        return header;
    }

    private void prepare(final MemorySegment bytes) {
        header.fill((byte) 0);
        vector.set(LibC.LONG, 0, bytes.address());
        vector.set(LibC.LONG, IOVEC_LENGTH, bytes.byteSize());
        header.set(LibC.LONG, IOV, vector.address());
        header.set(LibC.LONG, IOV_COUNT, 1);
    }

    /** Whether the kernel threw descriptors away for want of room here or in the descriptor table. */
    boolean truncated() {
        return (header.get(LibC.INT, FLAGS) & MSG_CTRUNC) != 0;
    }

    /** The descriptors that came with the message just received; bounded by what the kernel says it wrote. */
    int[] received() {
        final long length = Math.min(header.get(LibC.LONG, CONTROL_LENGTH), CONTROL_SIZE);
        int[] found = NONE;
        long at = 0;
        while (at + CMSG_DATA <= length) {
            final long size = control.get(LibC.LONG, at);
            if (size < CMSG_DATA || size > length - at) {
                break;
            }
            if (control.get(LibC.INT, at + CMSG_LEVEL) == SOL_SOCKET
                    && control.get(LibC.INT, at + CMSG_TYPE) == SCM_RIGHTS) {
                final int count = (int) ((size - CMSG_DATA) / Integer.BYTES);
                final int before = found.length;
                found = Arrays.copyOf(found, before + count);
                MemorySegment.copy(control, LibC.INT, at + CMSG_DATA, found, before, count);
            }
            at += size + CMSG_ALIGN & ~(long) CMSG_ALIGN;
        }
        return found;
    }
}
