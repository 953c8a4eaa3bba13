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
package io.viommu.vmm.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.counters.CounterFile;
import io.viommu.vmm.fuzz.JazzerTest;

/** Messages of a vfio-user client, before and after it has said what it speaks; the next client is served all the same. */
class VfioUserJazzerTest extends JazzerTest {

    private static final Path SOCKET = open();

    private static Path open() {
        try {
            final Path folder = Files.createTempDirectory("viommu-fuzz");
            final Path socket = folder.resolve("door");
            socket.toFile().deleteOnExit();
            folder.toFile().deleteOnExit();
            final VfioUserDoor door = new VfioUserDoor(new VfioUserOptions("smmuv3", Map.of(), socket, List.of(),
                    List.of(), 0, Map.of(), null, null, null, true), CounterFile.inMemory(), sentence -> {
                    });
            Runtime.getRuntime().addShutdownHook(new Thread(door::close));
            return socket;
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    @Override
    protected void take(final byte[] input) {
        if (input.length == 0) {
            return;
        }
        try (DoorClient hostile = (input[0] & 1) == 0 ? new DoorClient(SOCKET) : DoorClient.silent(SOCKET)) {
            hostile.raw(input, 1);
        } catch (final LinuxException hungUp) {
            assertThat(hungUp.errno()).isIn(32, 104);
        }
        try (DoorClient next = new DoorClient(SOCKET)) {
            assertThat(next.read(0, 0)).as("IDR0").isNotZero();
        }
    }
}
