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

package io.viommu.vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;

/** Arguments of KVM's requests: memory of the calling thread, so that requests of a running guest allocate nothing. */
final class Native {

    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final int SCRATCH = 128;
    private static final ThreadLocal<MemorySegment> ARGUMENT = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(SCRATCH, Long.BYTES));

    private Native() {
    }

    /** Zeroed memory for one request; the next call of this thread takes it again. */
    static MemorySegment argument() {
        return ARGUMENT.get().fill((byte) 0);
    }

    /** A request that must succeed. */
    static int call(final NativeFile file, final String name, final long request, final MemorySegment argument) {
        final int result = file.ioctl(request, argument);
        if (result < 0) {
            throw new LinuxException(name, -result);
        }
        return result;
    }

    /** A request whose argument is a number. */
    static int call(final NativeFile file, final String name, final long request, final long argument) {
        return call(file, name, request, MemorySegment.ofAddress(argument));
    }
}
