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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user hears of a machine without KVM, or with one of no use. */
class KvmTest {

    @TempDir
    private Path folder;

    @Test
    void aMachineWithoutKvmIsToldWhatToLoad() {
        assertThatThrownBy(() -> Kvm.open(folder.resolve("kvm"))).isInstanceOf(KvmRefusal.class)
                .hasMessage("there is no " + folder.resolve("kvm")
                        + ": load the module kvm_intel or kvm_amd (on arm64, "
                        + "boot the kernel at EL2), and switch virtualisation on in the firmware, or nested in the outer "
                        + "hypervisor.");
    }

    @Test
    void aFileThatIsNoKvmIsRefusedByItsVersion() throws Exception {
        final Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> Kvm.open(file)).isInstanceOf(KvmRefusal.class)
                .hasMessageContaining("its version is -25, not 12");
    }

    @Test
    void aDeviceThatCantBeOpenedIsNamedWithTheReason() {
        assertThatThrownBy(() -> Kvm.open(folder)).isInstanceOf(KvmRefusal.class)
                .hasMessage(folder + " can't be opened: EISDIR (is a directory).");
    }

    @Test
    void aKvmThatEmulatesInsteadOfRunningIsRefused() {
        assumeTrue(Files.isWritable(Kvm.DEVICE) && Files.exists(Path.of("/sys/module/kvm_pvm")),
                "There is no kvm_pvm here.");
        try (Kvm kvm = Kvm.open(Kvm.DEVICE)) {
            assertThatThrownBy(() -> X86Probe.require(kvm)).isInstanceOf(KvmRefusal.class)
                    .hasMessageStartingWith("this machine's KVM can't run 64-bit guests (an instruction that KVM can't "
                            + "emulate, as with kvm_pvm): use a machine");
        }
    }

    @Test
    void everyMissingCapabilityIsNamed() {
        assumeTrue(Files.isWritable(Kvm.DEVICE) && "amd64".equals(System.getProperty("os.arch")),
                "There is no KVM of x86 here.");
        try (Kvm kvm = Kvm.open(Kvm.DEVICE)) {
            kvm.require(KvmCapability.USER_MEMORY);
            assertThatThrownBy(() -> kvm.require(KvmCapability.USER_MEMORY, KvmCapability.ARM_PSCI_0_2,
                    KvmCapability.ARM_NISV_TO_USER)).isInstanceOf(KvmRefusal.class)
                    .hasMessage("this machine's KVM lacks KVM_CAP_ARM_PSCI_0_2 (power control of vCPUs), "
                            + "KVM_CAP_ARM_NISV_TO_USER (undescribed register accesses): it takes a newer kernel.");
        }
    }
}
