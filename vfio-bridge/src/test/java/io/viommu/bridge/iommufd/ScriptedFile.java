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
package io.viommu.bridge.iommufd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import io.viommu.bridge.linux.Errno;

/** A file that answers what a test wrote down: bytes, or an errno; then it is empty. */
final class ScriptedFile implements KernelFile {

    final List<String> written = new ArrayList<>();
    final ArrayDeque<Long> writeResults = new ArrayDeque<>();
    private final ArrayDeque<Object> reads = new ArrayDeque<>();

    ScriptedFile gives(final String hex) {
        reads.add(HexFormat.of().parseHex(hex.replace(" ", "").replace("\n", "")));
        return this;
    }

    ScriptedFile fails(final int errno) {
        reads.add(-errno);
        return this;
    }

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public int ioctl(final int request, final MemorySegment argument) {
        return -Errno.ENOTTY;
    }

    @Override
    public long read(final MemorySegment into) {
        final Object next = reads.poll();
        if (next instanceof Integer errno) {
            return errno;
        }
        if (next == null) {
            return 0;
        }
        final byte[] bytes = (byte[]) next;
        MemorySegment.copy(bytes, 0, into, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return bytes.length;
    }

    @Override
    public long write(final MemorySegment from) {
        written.add(HexFormat.of().formatHex(from.toArray(ValueLayout.JAVA_BYTE)));
        return writeResults.isEmpty() ? from.byteSize() : writeResults.poll();
    }

    @Override
    public void close() {
        reads.clear();
    }
}
