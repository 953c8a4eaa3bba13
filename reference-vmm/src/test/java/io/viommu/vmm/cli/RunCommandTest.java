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

package io.viommu.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.vmm.board.VirtualMachine;

/** What {@code viommu run} says of options that can't be and of a machine without KVM, and what the escape key does. */
class RunCommandTest {

    @TempDir
    private Path folder;

    private static void refuses(final String sentence, final String... arguments) {
        final CommandRun run = CommandRun.of(arguments);
        assertThat(run.status()).isEqualTo(Viommu.USAGE);
        assertThat(run.err()).startsWith("viommu: " + sentence).hasLineCount(1);
    }

    @Test
    void anOptionThatCannotBeIsNamedWithWhatItTakes() {
        refuses("--kernel must name the kernel to boot", "run");
        for (final String size : new String[]{ "x", "1", "31M", "5T", "99999999999999", "-1", "512m", "32769K" }) {
            refuses("--memory must be 32M to 4T, whole pages, such as 512M or 2G, not '" + size + "'", "run",
                    "--kernel=k", "--memory=" + size);
        }
        refuses("--iommu must be " + VirtualMachine.iommuModel() + " or none on this machine, not 'virtio-iommu'",
                "run",
                "--kernel=k", "--iommu=virtio-iommu");
        refuses("--iommu takes PROPERTY=VALUE after the model, not 'fast'", "run", "--kernel=k",
                "--iommu=" + VirtualMachine.iommuModel() + ",fast");
        refuses("--faults needs an --iommu that the guest's kernel can hear of them from", "run", "--kernel=k",
                "--iommu=none", "--faults=log");
    }

    @Test
    void aMachineWithoutKvmIsOneSentenceAndStatus1() {
        final String device = folder.resolve("kvm").toString();
        System.setProperty("viommu.kvm", device);
        try {
            final CommandRun run = CommandRun.of("run", "--kernel=k");
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).startsWith("viommu: there is no " + device + ": load the module").hasLineCount(1);
        } finally {
            System.clearProperty("viommu.kvm");
        }
    }

    /** What the guest gets of keys, and {@code left} if the user left. */
    private static String typed(final String keys, final boolean escapes) {
        final StringBuilder guest = new StringBuilder();
        ConsoleTerminal.listen(new ByteArrayInputStream(keys.getBytes(StandardCharsets.ISO_8859_1)), escapes,
                (bytes, length) -> guest.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1)),
                () -> guest.append("left"));
        return guest.toString();
    }

    @Test
    void theEscapeKeyLeavesAndEverythingElseIsTheGuests() {
        assertThat(typed("ls\u0003\r", true)).isEqualTo("ls\u0003\r");
        assertThat(typed("\u0001\u0001", true)).isEqualTo("\u0001");
        assertThat(typed("\u0001c", true)).isEqualTo("\u0001c");
        assertThat(typed("\u0001xafter", true)).isEqualTo("left");
        assertThat(typed("\u0001x", false)).as("no terminal, so no escape").isEqualTo("\u0001x");
    }
}
