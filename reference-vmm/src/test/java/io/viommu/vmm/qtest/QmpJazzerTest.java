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
package io.viommu.vmm.qtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;

import io.viommu.vmm.fuzz.JazzerTest;

/** What a monitor's client sends; whatever is answered is an object of the protocol. */
class QmpJazzerTest extends JazzerTest {

    @Override
    protected void take(final byte[] input) throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TestDoor door = new TestDoor()) {
            door.ok("viommu_machine -machine virt,iommu=smmuv3");
            new QmpSession(new Endpoint(new ByteArrayInputStream(input), out), new QmpCommands(door.door, () -> {
            })).run();
        }
        for (final String line : out.toString(StandardCharsets.UTF_8).lines().toList()) {
            assertThat(Json.read(line)).as(line).isInstanceOf(Map.class);
            assertThat(Stream.of("QMP", "return", "error", "event").filter(((Map<?, ?>) Json.read(line))::containsKey))
                    .as(line).hasSize(1);
        }
    }
}
