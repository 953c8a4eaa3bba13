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
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every request, capability, exit, size and offset against what the C compiler computes from {@code linux/kvm.h}. */
class KvmLayoutTest {

    /** Class of ours, structure, and names of fields where they differ from ours in lower case. */
    private static final String STRUCTURES = """
            MemoryRegion kvm_userspace_memory_region
            IrqLevel kvm_irq_level
            Routing kvm_irq_routing
            RoutingEntry kvm_irq_routing_entry MSI_ADDRESS_LO=u.msi.address_lo MSI_ADDRESS_HI=u.msi.address_hi \
            MSI_DATA=u.msi.data MSI_DEVID=u.msi.devid IRQCHIP_IRQCHIP=u.irqchip.irqchip IRQCHIP_PIN=u.irqchip.pin \
            TYPE_IRQCHIP=KVM_IRQ_ROUTING_IRQCHIP TYPE_MSI=KVM_IRQ_ROUTING_MSI FLAG_DEVID=KVM_MSI_VALID_DEVID
            Irqfd kvm_irqfd FLAG_DEASSIGN=KVM_IRQFD_FLAG_DEASSIGN
            Ioeventfd kvm_ioeventfd FLAG_DEASSIGN=KVM_IOEVENTFD_FLAG_DEASSIGN
            Msi kvm_msi FLAG_DEVID=KVM_MSI_VALID_DEVID
            EnableCap kvm_enable_cap
            CreateDevice kvm_create_device
            DeviceAttr kvm_device_attr
            OneReg kvm_one_reg
            Cpuid kvm_cpuid2
            CpuidEntry kvm_cpuid_entry2
            Regs kvm_regs
            Sregs kvm_sregs
            Segment kvm_segment
            Dtable kvm_dtable
            Run kvm_run IO_DIRECTION=io.direction IO_SIZE=io.size IO_PORT=io.port IO_COUNT=io.count \
            IO_DATA_OFFSET=io.data_offset MMIO_PHYS_ADDR=mmio.phys_addr MMIO_DATA=mmio.data MMIO_LEN=mmio.len \
            MMIO_IS_WRITE=mmio.is_write INTERNAL_SUBERROR=internal.suberror EOI_VECTOR=eoi.vector \
            SYSTEM_EVENT_TYPE=system_event.type FAIL_ENTRY_REASON=fail_entry.hardware_entry_failure_reason \
            ARM_NISV_ESR_ISS=arm_nisv.esr_iss ARM_NISV_FAULT_IPA=arm_nisv.fault_ipa
            """;
    /** As in arch/arm64/include/uapi/asm/kvm.h, which no other architecture installs. */
    private static final String ARM64 = "struct kvm_vcpu_init { __u32 target; __u32 features[7]; };\n"
            + "#define KVM_ARM_PREFERRED_TARGET _IOR(KVMIO, 0xaf, struct kvm_vcpu_init)\n"
            + "#define KVM_ARM_VCPU_INIT _IOW(KVMIO, 0xae, struct kvm_vcpu_init)\n";

    private final Map<String, Long> ours = new LinkedHashMap<>();
    private final StringBuilder program = new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n"
            + "#include <linux/kvm.h>\n#ifdef KVM_ARM_PREFERRED_TARGET\n#undef KVM_ARM_PREFERRED_TARGET\n"
            + "#undef KVM_ARM_VCPU_INIT\n#endif\n");
    @TempDir
    private Path folder;

    @BeforeEach
    void needsTheHeadersOfX86() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "There is no gcc to compute the layouts with.");
        assumeTrue(Files.isReadable(Path.of("/usr/include/linux/kvm.h")), "There is no linux/kvm.h.");
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "The headers of x86 are not here.");
        program.append(ARM64).append("#define P(n, v) printf(\"%s=%lu\\n\", n, (unsigned long)(v));\n")
                .append("int main(void) {\n");
    }

    private void expect(final String name, final String expression, final long value) {
        ours.put(name, value);
        program.append("P(\"").append(name).append("\", ").append(expression).append(")\n");
    }

    private static long value(final Field field) throws ReflectiveOperationException {
        field.setAccessible(true);
        return ((Number) field.get(null)).longValue();
    }

    @Test
    void sizesOffsetsRequestsCapabilitiesAndExitsAreThoseOfTheInstalledHeader() throws Exception {
        for (final String line : STRUCTURES.lines().toList()) {
            final String[] words = line.split(" ");
            final Map<String, String> names = new LinkedHashMap<>();
            for (int i = 2; i < words.length; i++) {
                names.put(words[i].split("=")[0], words[i].split("=")[1]);
            }
            addStructure(Class.forName("io.viommu.vmm.kvm.KvmLayouts$" + words[0]), words[1], names);
        }
        addStructure(KvmLayouts.VcpuInit.class, "kvm_vcpu_init", Map.of());
        for (final Field request : KvmRequest.class.getDeclaredFields()) {
            expect("KVM_" + request.getName(), "KVM_" + request.getName(), value(request));
        }
        for (final KvmCapability capability : KvmCapability.values()) {
            expect("KVM_CAP_" + capability, "KVM_CAP_" + capability, capability.number());
        }
        for (final Field exit : KvmExit.class.getFields()) {
            final String name = exit.getName().startsWith("EVENT_")
                    ? "KVM_SYSTEM_" + exit.getName()
                    : "DELIVERY_EVENT".equals(exit.getName())
                            ? "KVM_INTERNAL_ERROR_DELIVERY_EV"
                            : "KVM_EXIT_" + exit.getName();
            expect(name, name, value(exit));
        }
        assertThat(compile()).isEqualTo(ours).hasSizeGreaterThan(150);
    }

    private void addStructure(final Class<?> layout, final String structure, final Map<String, String> names)
            throws ReflectiveOperationException {
        for (final Field field : layout.getDeclaredFields()) {
            final String name = field.getName();
            if (name.equals("LENGTH")) {
                expect(structure, "sizeof(struct " + structure + ")", value(field));
            } else if (names.getOrDefault(name, "").startsWith("KVM_")) {
                expect(structure + "." + name, names.get(name), value(field));
            } else {
                expect(structure + "." + name, "offsetof(struct " + structure + ", "
                        + names.getOrDefault(name, name.toLowerCase(Locale.ROOT)) + ")", value(field));
            }
        }
    }

    @Test
    void everyStructureIsCompared() {
        assertThat(Stream.concat(STRUCTURES.lines().map(line -> line.split(" ")[0]), Stream.of("VcpuInit")))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(KvmLayouts.class.getDeclaredClasses()).map(Class::getSimpleName).toList());
    }

    private Map<String, Long> compile() throws Exception {
        final Path source = Files.writeString(folder.resolve("kvm.c"), program.append("return 0; }\n"));
        final Path binary = folder.resolve("kvm");
        run("/usr/bin/gcc", "-o", binary.toString(), source.toString());
        final Map<String, Long> computed = new LinkedHashMap<>();
        run(binary.toString()).lines()
                .forEach(line -> computed.put(line.split("=")[0], Long.valueOf(line.split("=")[1])));
        return computed;
    }

    private static String run(final String... command) throws Exception {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
