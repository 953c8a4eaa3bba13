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

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The other process of {@link UnixSocketTest}: answers a number in shared memory and signals twice. */
final class PeerMain {
    private PeerMain() {
    }

    static Process start(final Path socket) throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), PeerMain.class.getName(), socket.toString()).inheritIO().start();
    }

    public static void main(final String[] arguments) {
        try (UnixSocket socket = UnixSocket.connect(Path.of(arguments[0])); Arena arena = Arena.ofConfined()) {
            final MemorySegment word = arena.allocate(8, 8);
            final UnixSocket.Received received = socket.receive(word);
            try (SharedMemory memory = SharedMemory.map(received.descriptors()[0]);
                    EventFd event = EventFd.adopt(received.descriptors()[1])) {
                memory.segment().set(JAVA_LONG, 128, word.get(JAVA_LONG, 0) + 1);
                event.signal(2);
            }
        }
    }
}
