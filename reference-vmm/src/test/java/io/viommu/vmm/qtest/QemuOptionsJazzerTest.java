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

import java.nio.charset.StandardCharsets;

import io.viommu.vmm.fuzz.JazzerTest;
import io.viommu.vmm.machine.MachineSpec;

/** QEMU's options in a line: a machine, or a sentence. */
class QemuOptionsJazzerTest extends JazzerTest {

    @Override
    protected void take(final byte[] input) {
        final String line = new String(input, StandardCharsets.UTF_8);
        try (Door door = new Door("")) {
            final MachineSpec machine = new QemuCommandLine("").parse(QemuCommandLine.split(line)).machine();
            if (machine != null) {
                door.replace(machine, true);
            }
        } catch (final Refusal sentence) {
            if (sentence.getMessage() == null || sentence.getMessage().isBlank()) {
                throw sentence;
            }
        }
    }
}
