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
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * struct sockaddr_un, unix(7).
 *
 * <pre>
 *  0    2                                              110
 *  | family | path, NUL-terminated                      |
 * </pre>
 *
 * <p>An abstract name is a NUL and the name, and the address ends with it; it is in no file system and goes with its
 * socket.
 */
final class UnixAddress {
    static final int AF_UNIX = 1;
    private static final int SIZE = 110;
    private static final int PATH = 2;
    private static final int MAX_PATH = SIZE - PATH - 1;

    private UnixAddress() {
    }

    static MemorySegment of(final Path path, final Arena arena) {
        return of(path.toString().getBytes(StandardCharsets.UTF_8), path, SIZE, arena);
    }

    /** An abstract name, without the NUL in front. */
    static MemorySegment ofAbstract(final String name, final Arena arena) {
        final byte[] bytes = ("\0" + name).getBytes(StandardCharsets.UTF_8);
        return of(bytes, name, PATH + bytes.length, arena);
    }

    private static MemorySegment of(final byte[] bytes, final Object name, final int size, final Arena arena) {
        if (bytes.length > MAX_PATH) {
            throw new IllegalArgumentException("A unix socket path has at most " + MAX_PATH + " bytes; " + name
                    + " has " + bytes.length + ".");
        }
        final MemorySegment address = arena.allocate(size, 2);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, PATH, bytes.length);
        return address;
    }
}
