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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.vmm.kvm.KvmLayouts.Cpuid;
import io.viommu.vmm.kvm.KvmLayouts.CpuidEntry;

/** The device {@code /dev/kvm}: what this machine can do, and new virtual machines. Any thread may call. */
public final class Kvm implements AutoCloseable {

    /** Where the device is. */
    public static final Path DEVICE = Path.of("/dev/kvm");

    private static final int EPERM = 1;
    private static final int EACCES = 13;
    private static final int MOST_CPUID_ENTRIES = 256;

    private final NativeFile file;
    private final int runSize;

    private Kvm(final NativeFile file) {
        this.file = file;
        final int version = file.ioctl(KvmRequest.GET_API_VERSION, MemorySegment.NULL);
        if (version != KvmRequest.API_VERSION) {
            throw new KvmRefusal("this machine's KVM is not the KVM of Linux 2.6.22 and later: its version is "
                    + version + ", not " + KvmRequest.API_VERSION + ".");
        }
        runSize = Native.call(file, "KVM_GET_VCPU_MMAP_SIZE", KvmRequest.GET_VCPU_MMAP_SIZE, 0);
    }

    /**
     * Opens the device.
     *
     * @param device {@link #DEVICE}, or another for a test.
     * @return the system.
     * @throws KvmRefusal in one sentence, if there is none, or none for this user.
     */
    public static Kvm open(final Path device) {
        if (!Files.exists(device)) {
            throw new KvmRefusal("there is no " + device + ": load the module kvm_intel or kvm_amd (on arm64, boot the "
                    + "kernel at EL2), and switch virtualisation on in the firmware, or nested in the outer "
                    + "hypervisor.");
        }
        final NativeFile file;
        try {
            file = NativeFile.open(device.toString());
        } catch (final LinuxException failure) {
            throw new KvmRefusal(failure.errno() == EACCES || failure.errno() == EPERM
                    ? "this user may not open " + device
                            + ": add it to the group kvm (usermod -aG kvm USER) and log in "
                            + "again."
                    : device + " can't be opened: " + Errno.describe(failure.errno()) + ".");
        }
        try {
            return new Kvm(file);
        } catch (final KvmRefusal | LinuxException refused) {
            file.close();
            throw refused;
        }
    }

    /**
     * What a capability is worth.
     *
     * @param capability which.
     * @return 0 if there is none, else 1 or its number.
     */
    public int capability(final KvmCapability capability) {
        return Math.max(0,
                file.ioctl(KvmRequest.CHECK_EXTENSION, MemorySegment.ofAddress(capability.number())));
    }

    /**
     * Refuses a machine that lacks something.
     *
     * @param needed what a board needs.
     * @throws KvmRefusal in one sentence that names all that is missing.
     */
    public void require(final KvmCapability... needed) {
        final String missing = Arrays.stream(needed).filter(one -> capability(one) == 0)
                .map(one -> "KVM_CAP_" + one.name() + " (" + one.purpose() + ")").collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            throw new KvmRefusal("this machine's KVM lacks " + missing + ": it takes a newer kernel.");
        }
    }

    /**
     * Makes a virtual machine without memory and CPUs.
     *
     * @param type on arm64 bits of a guest physical address, 0 for 40; on x86 0.
     * @return the machine.
     */
    public KvmVm createVm(final int type) {
        return new KvmVm(NativeFile.adopt(Native.call(file, "KVM_CREATE_VM", KvmRequest.CREATE_VM, type)), runSize);
    }

    /**
     * What CPUID can say to a guest here.
     *
     * @param arena owns the result.
     * @return {@code struct kvm_cpuid2} and its entries, for {@link KvmVcpu#cpuid}.
     */
    MemorySegment supportedCpuid(final Arena arena) {
        final MemorySegment all = arena.allocate(Cpuid.LENGTH + (long) MOST_CPUID_ENTRIES * CpuidEntry.LENGTH,
                Long.BYTES);
        all.set(Native.INT, Cpuid.NENT, MOST_CPUID_ENTRIES);
        Native.call(file, "KVM_GET_SUPPORTED_CPUID", KvmRequest.GET_SUPPORTED_CPUID, all);
        return all.asSlice(0, Cpuid.LENGTH + (long) all.get(Native.INT, Cpuid.NENT) * CpuidEntry.LENGTH);
    }

    @Override
    public void close() {
        file.close();
    }
}
