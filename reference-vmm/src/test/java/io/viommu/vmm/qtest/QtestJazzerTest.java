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

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

import io.viommu.vmm.fuzz.JazzerTest;

/** Lines of a qtest client; every line is answered. */
class QtestJazzerTest extends JazzerTest {

    private static final Pattern ANSWER = Pattern.compile("(IRQ (raise|lower) \\d+\n)*(OK( [ -~]*)?|FAIL [ -~]+)\n");
    private static final String[] MACHINES = { "-machine virt,iommu=smmuv3", "-machine q35 -device intel-iommu" };

    @Override
    protected void take(final byte[] input) {
        final String text = new String(input, StandardCharsets.ISO_8859_1);
        try (TestDoor door = new TestDoor()) {
            door.ok("viommu_machine " + MACHINES[text.length() % MACHINES.length] + TestDoor.DEVICES);
            for (final String line : text.split("\n")) {
                assertThat(door.raw(line)).as(line).matches(ANSWER).doesNotContain("viommu itself failed");
            }
        }
    }
}
