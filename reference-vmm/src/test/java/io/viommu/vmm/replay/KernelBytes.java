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

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

import io.viommu.bridge.iommufd.KernelFile;

/** A queue of iommufd that holds the bytes given to it, once, and keeps what is written. */
final class KernelBytes implements KernelFile {

    final List<Long> written = new ArrayList<>();
    private final ByteBuffer bytes = ByteBuffer.allocate(4096).order(ByteOrder.nativeOrder());

    KernelBytes ints(final int... values) {
        for (final int value : values) {
            bytes.putInt(value);
        }
        return this;
    }

    KernelBytes longs(final long... values) {
        for (final long value : values) {
            bytes.putLong(value);
        }
        return this;
    }

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public int ioctl(final int request, final MemorySegment argument) {
        return -25;
    }

    @Override
    public long read(final MemorySegment into) {
        final int length = bytes.position();
        MemorySegment.copy(bytes.array(), 0, into, ValueLayout.JAVA_BYTE, 0, length);
        bytes.clear();
        return length;
    }

    @Override
    public long write(final MemorySegment from) {
        written.add(from.get(ValueLayout.JAVA_LONG, 0));
        return from.byteSize();
    }

    @Override
    public void close() {
        bytes.clear();
    }
}
