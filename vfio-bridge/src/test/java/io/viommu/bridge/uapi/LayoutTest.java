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
package io.viommu.bridge.uapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every offset and size against what the system's C compiler computes: from our own declarations in
 * {@code uapi/structures.h}, and from the installed kernel headers where those have the structure.
 */
class LayoutTest {

    /** Structure, layout class without "Layout", and the fields whose offsets are compared. */
    private static final String TABLE = """
            iommu_destroy Destroy size id
            iommu_ioas_alloc IoasAlloc size flags out_ioas_id
            iommu_ioas_map IoasMap size flags ioas_id user_va length=LENGTH_OF_RANGE iova
            iommu_ioas_unmap IoasUnmap size ioas_id iova length=LENGTH_OF_RANGE
            iommu_hwpt_alloc HwptAlloc size flags dev_id pt_id out_hwpt_id data_type data_len data_uptr fault_id
            iommu_hwpt_vtd_s1 HwptVtdS1 flags pgtbl_addr addr_width
            iommu_hwpt_arm_smmuv3 HwptArmSmmuv3 ste
            iommu_hw_info HwInfo size flags dev_id data_len data_uptr out_data_type out_max_pasid_log2 out_capabilities
            iommu_hw_info_vtd HwInfoVtd flags cap_reg ecap_reg
            iommu_hw_info_arm_smmuv3 HwInfoArmSmmuv3 flags idr iidr aidr
            iommu_viommu_alloc ViommuAlloc size flags type dev_id hwpt_id out_viommu_id data_len data_uptr
            iommu_vdevice_alloc VdeviceAlloc size viommu_id dev_id out_vdevice_id virt_id
            iommu_veventq_alloc VeventqAlloc size flags viommu_id type veventq_depth out_veventq_id out_veventq_fd
            iommu_fault_alloc FaultAlloc size flags out_fault_id out_fault_fd
            iommu_hwpt_invalidate HwptInvalidate size hwpt_id data_uptr data_type entry_len entry_num
            iommu_hwpt_vtd_s1_invalidate VtdS1Invalidate addr npages flags
            iommu_viommu_arm_smmuv3_invalidate ArmSmmuv3Invalidate cmd
            iommu_test_cmd TestCmd size op id arguments last
            iommu_hwpt_pgfault Pgfault flags dev_id pasid grpid perm addr length=LENGTH_HINT cookie
            iommu_hwpt_page_response PageResponse cookie code
            iommufd_vevent_header VeventHeader flags sequence
            iommu_vevent_arm_smmuv3 VeventArmSmmuv3 evt
            vfio_device_bind_iommufd VfioBind argsz flags iommufd out_devid
            vfio_device_attach_iommufd_pt VfioAttach argsz flags pt_id pasid
            vfio_device_detach_iommufd_pt VfioDetach argsz flags pasid
            vfio_device_info VfioDeviceInfo argsz flags num_regions num_irqs cap_offset
            vfio_region_info VfioRegionInfo argsz flags index cap_offset size offset
            vfio_info_cap_header VfioCapHeader id version next
            vfio_region_info_cap_type VfioRegionType type subtype
            vfio_region_info_cap_sparse_mmap VfioSparseMmap nr_areas areas
            vfio_irq_info VfioIrqInfo argsz flags index count
            vfio_irq_set VfioIrqSet argsz flags index start count data
            vfio_group_status VfioGroupStatus argsz flags
            vfio_iommu_type1_dma_map VfioDmaMap argsz flags vaddr iova size
            vfio_iommu_type1_dma_unmap VfioDmaUnmap argsz flags iova size
            """;

    /** Names in the headers, layout class without "Layout", and our constant. */
    private static final String FLAGS = """
            VFIO_REGION_INFO_FLAG_READ VfioRegionInfo FLAG_READ
            VFIO_REGION_INFO_FLAG_WRITE VfioRegionInfo FLAG_WRITE
            VFIO_REGION_INFO_FLAG_MMAP VfioRegionInfo FLAG_MMAP
            VFIO_REGION_INFO_FLAG_CAPS VfioRegionInfo FLAG_CAPS
            VFIO_REGION_INFO_CAP_SPARSE_MMAP VfioCapHeader ID_SPARSE_MMAP
            VFIO_REGION_INFO_CAP_TYPE VfioCapHeader ID_TYPE
            VFIO_IRQ_INFO_EVENTFD VfioIrqInfo FLAG_EVENTFD
            VFIO_IRQ_INFO_MASKABLE VfioIrqInfo FLAG_MASKABLE
            VFIO_IRQ_INFO_AUTOMASKED VfioIrqInfo FLAG_AUTOMASKED
            VFIO_IRQ_INFO_NORESIZE VfioIrqInfo FLAG_NORESIZE
            VFIO_IRQ_SET_DATA_NONE VfioIrqSet FLAG_DATA_NONE
            VFIO_IRQ_SET_DATA_EVENTFD VfioIrqSet FLAG_DATA_EVENTFD
            VFIO_IRQ_SET_ACTION_TRIGGER VfioIrqSet FLAG_ACTION_TRIGGER
            VFIO_GROUP_FLAGS_VIABLE VfioGroupStatus FLAG_VIABLE
            VFIO_GROUP_FLAGS_CONTAINER_SET VfioGroupStatus FLAG_CONTAINER_SET
            VFIO_DMA_MAP_FLAG_READ VfioDmaMap FLAG_READ
            VFIO_DMA_MAP_FLAG_WRITE VfioDmaMap FLAG_WRITE
            VFIO_DEVICE_FLAGS_PLATFORM VfioDeviceInfo FLAG_PLATFORM
            VFIO_DEVICE_ATTACH_PASID VfioAttach FLAG_PASID
            VFIO_DEVICE_DETACH_PASID VfioDetach FLAG_PASID
            """;

    /** A line of the table. */
    private record Structure(String name, Class<?> layout, Map<String, String> fields) {

        static Structure parse(final String line) {
            final String[] words = line.split(" ");
            final Map<String, String> fields = new LinkedHashMap<>();
            for (int i = 2; i < words.length; i++) {
                final String[] pair = words[i].split("=");
                fields.put(pair[0], pair.length == 1 ? pair[0].toUpperCase(Locale.ROOT) : pair[1]);
            }
            return new Structure(words[0], LayoutTest.layout(words[1]), fields);
        }

        int constant(final String field) {
            try {
                return layout.getField(field).getInt(null);
            } catch (final ReflectiveOperationException missing) {
                throw new AssertionError(missing);
            }
        }

        /** Lines of a C program that prints size and offsets. */
        String printing() {
            return "P(\"" + name + "\", sizeof(struct " + name + "))\n" + fields.keySet().stream()
                    .map(field -> "P(\"" + name + "." + field + "\", offsetof(struct " + name + ", " + field + "))\n")
                    .collect(Collectors.joining());
        }

        void expect(final Map<String, Integer> into) {
            into.put(name, constant("LENGTH"));
            fields.forEach((field, constant) -> into.put(name + "." + field, constant(constant)));
        }

        /** Whether a header declares it with all the fields; the newest ones are missing in older headers. */
        boolean in(final String header) {
            final Matcher body = Pattern.compile("struct " + name + " \\{(.*?)\\n\\}", Pattern.DOTALL).matcher(header);
            return body.find() && fields.keySet().stream()
                    .allMatch(field -> Pattern.compile("\\b" + field + "\\b").matcher(body.group(1)).find());
        }
    }

    private static Stream<Class<?>> layouts() {
        return Stream.concat(Stream.of(TestCmdLayout.class),
                Stream.of(IommufdObjects.class, IommufdTables.class, IommufdQueues.class, VfioDevices.class,
                        VfioRegions.class).flatMap(family -> Stream.of(family.getDeclaredClasses())));
    }

    private static Class<?> layout(final String name) {
        return layouts().filter(layout -> layout.getSimpleName().equals(name + "Layout")).findFirst()
                .orElseThrow(() -> new AssertionError("There is no layout " + name));
    }

    private final List<Structure> structures = TABLE.lines().map(Structure::parse).toList();
    private String compiler;
    @TempDir
    private Path folder;

    @BeforeEach
    void compiler() {
        compiler = Stream.of("gcc", "cc").map(name -> Path.of("/usr/bin", name)).filter(Files::isExecutable)
                .map(Path::toString).findFirst().orElse(null);
        assumeTrue(compiler != null, "There is no gcc or cc on this machine to compute the layouts with.");
    }

    @Test
    void offsetsAreThoseOfTheDocumentedStructures() throws Exception {
        final String declarations;
        try (var resource = LayoutTest.class.getResourceAsStream("/uapi/structures.h")) {
            declarations = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        }
        compare(declarations, structures);
    }

    @Test
    void offsetsAreThoseOfTheInstalledKernelHeaders(final TestReporter reporter) throws Exception {
        final List<Structure> known = new ArrayList<>();
        final StringBuilder includes = new StringBuilder();
        final StringBuilder skipped = new StringBuilder();
        for (final String name : List.of("iommufd", "vfio")) {
            final Path header = Path.of("/usr/include/linux", name + ".h");
            final String text = Files.isReadable(header) ? Files.readString(header) : "";
            if (!text.isEmpty()) {
                includes.append("#include <linux/").append(name).append(".h>\n");
            }
            structures.stream().filter(s -> s.in(text)).forEach(known::add);
        }
        structures.stream().filter(s -> !known.contains(s)).forEach(s -> skipped.append(' ').append(s.name()));
        if (!skipped.isEmpty()) {
            reporter.publishEntry("The installed kernel headers lack, or have older revisions of:" + skipped);
        }
        assumeTrue(!known.isEmpty(), "The installed kernel headers have none of the structures.");
        compare(includes.toString(), known);
    }

    @Test
    void everyLayoutIsCompared() throws Exception {
        assertThat(layouts().toList())
                .containsExactlyInAnyOrderElementsOf(structures.stream().<Class<?>>map(Structure::layout).toList());
        try (Stream<Path> sources = Files.list(Path.of("src/main/java/io/viommu/bridge/uapi"))) {
            assertThat(sources.map(path -> path.getFileName().toString()).filter(name -> !name.contains("Request")))
                    .as("the families that are looked through").containsExactlyInAnyOrder("IommufdObjects.java",
                            "IommufdTables.java", "IommufdQueues.java", "VfioDevices.java", "VfioRegions.java",
                            "package-info.java");
        }
    }

    @Test
    void requestsAndFlagsAreThoseOfTheInstalledKernelHeaders() throws Exception {
        final Map<String, Integer> ours = new LinkedHashMap<>();
        for (final Field request : VfioRequest.class.getFields()) {
            ours.put("VFIO_" + request.getName().replace("TYPE1V2", "TYPE1v2"), request.getInt(null));
        }
        for (final IommufdRequest request : IommufdRequest.values()) {
            ours.put("IOMMU_" + request.name(), request.number());
        }
        FLAGS.lines().map(line -> line.split(" ")).forEach(words -> ours.put(words[0],
                new Structure("", layout(words[1]), Map.of()).constant(words[2])));
        final StringBuilder program = new StringBuilder("#include <stdio.h>\n");
        for (final String name : List.of("iommufd", "vfio")) {
            if (Files.isReadable(Path.of("/usr/include/linux", name + ".h"))) {
                program.append("#include <linux/").append(name).append(".h>\n");
            }
        }
        program.append("int main(void) {\n");
        ours.keySet().forEach(name -> program.append("#ifdef ").append(name).append("\nprintf(\"").append(name)
                .append("=%d\\n\", (int)(").append(name).append("));\n#endif\n"));
        final Map<String, Integer> installed = compile(program.append("return 0; }\n").toString());
        assumeTrue(!installed.isEmpty(), "The installed kernel headers have none of the requests.");
        assertThat(ours).containsAllEntriesOf(installed);
        assertThat(installed).as("what Linux has had since 2012").containsKeys("VFIO_DEVICE_SET_IRQS",
                "VFIO_IRQ_SET_DATA_EVENTFD");
    }

    private void compare(final String declarations, final List<Structure> which) throws Exception {
        final String program = "#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n" + declarations
                + "#define P(name, value) printf(\"%s=%zu\\n\", name, (size_t)(value));\nint main(void) {\n"
                + which.stream().map(Structure::printing).collect(Collectors.joining()) + "return 0; }\n";
        final Map<String, Integer> computed = compile(program);
        final Map<String, Integer> ours = new LinkedHashMap<>();
        which.forEach(structure -> structure.expect(ours));
        // older headers leave the last padding out; of structures that grow, ours is what every kernel knows
        computed.computeIfPresent("vfio_device_info", (name, size) -> size == 20 ? 24 : size);
        computed.computeIfPresent("vfio_device_bind_iommufd", (name, size) -> Math.min(size, 16));
        computed.computeIfPresent("vfio_irq_info", (name, size) -> Math.min(size, 16));
        assertThat(computed).isEqualTo(ours);
    }

    /** What a C program prints, as {@code NAME=VALUE} on lines. */
    private Map<String, Integer> compile(final String program) throws Exception {
        final Path source = Files.writeString(folder.resolve("layout.c"), program);
        final Path binary = folder.resolve("layout");
        run(compiler, "-o", binary.toString(), source.toString());
        final Map<String, Integer> computed = new LinkedHashMap<>();
        run(binary.toString()).lines()
                .forEach(line -> computed.put(line.split("=")[0], Integer.valueOf(line.split("=")[1])));
        return computed;
    }

    private static String run(final String... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void requestNumbersCountUpFrom0x3b80() {
        int number = 0x3B80;
        for (final IommufdRequest request : IommufdRequest.values()) {
            assertThat(request.number()).as(request.name())
                    .isEqualTo(request == IommufdRequest.TEST_CMD ? 0x3BA0 : number++);
        }
        assertThat(IommufdRequest.VEVENTQ_ALLOC.needs()).isEqualTo("Linux 6.15 or newer");
        assertThat(IommufdRequest.TEST_CMD.needs()).contains("CONFIG_IOMMUFD_TEST");
    }
}
