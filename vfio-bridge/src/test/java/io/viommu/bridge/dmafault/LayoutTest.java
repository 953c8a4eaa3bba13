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
package io.viommu.bridge.dmafault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.fault.GenericFault;

/** The constants against what a C compiler makes of the structures, written out here from their documentation. */
class LayoutTest {

    private static final String PROGRAM = """
            #include <stddef.h>
            #include <stdint.h>
            #include <stdio.h>
            struct unrecoverable { uint32_t reason, flags, pasid, perm; uint64_t addr, fetch_addr; };
            struct page_request { uint32_t flags, pasid, grpid, perm; uint64_t addr, private_data[2]; };
            struct fault { uint32_t type, padding;
                union { struct unrecoverable event; struct page_request prm; uint8_t room[56]; }; };
            struct header { uint32_t tail, entry_size, nb_entries, offset, head; };
            struct cap { uint16_t id, version; uint32_t next; };
            struct cap_type { struct cap h; uint32_t type, subtype; };
            struct cap_fault { struct cap h; uint32_t version; };
            struct info { uint32_t argsz, flags, index, cap_offset; uint64_t size, offset; };
            #define P(name, value) printf("%s=%zu\\n", name, (size_t)(value))
            int main(void) {
                P("fault", sizeof(struct fault));
                P("type", offsetof(struct fault, type));
                P("reason", offsetof(struct fault, event.reason));
                P("flags", offsetof(struct fault, event.flags));
                P("pasid", offsetof(struct fault, event.pasid));
                P("perm", offsetof(struct fault, event.perm));
                P("addr", offsetof(struct fault, event.addr));
                P("fetch_addr", offsetof(struct fault, event.fetch_addr));
                P("prm.flags", offsetof(struct fault, prm.flags));
                P("prm.pasid", offsetof(struct fault, prm.pasid));
                P("prm.grpid", offsetof(struct fault, prm.grpid));
                P("prm.perm", offsetof(struct fault, prm.perm));
                P("prm.addr", offsetof(struct fault, prm.addr));
                P("prm.private_data", offsetof(struct fault, prm.private_data));
                P("header", sizeof(struct header));
                P("tail", offsetof(struct header, tail));
                P("entry_size", offsetof(struct header, entry_size));
                P("nb_entries", offsetof(struct header, nb_entries));
                P("offset", offsetof(struct header, offset));
                P("head", offsetof(struct header, head));
                P("info", sizeof(struct info));
                P("cap_type.type", offsetof(struct cap_type, type));
                P("cap_fault.version", offsetof(struct cap_fault, version));
                P("cap_fault", sizeof(struct cap_fault));
                P("region", 4096 + ((512 * sizeof(struct fault) + 4095) & ~4095ul));
                return 0;
            }
            """;

    @Test
    void offsetsAreThoseThatTheSystemsCompilerComputes(@TempDir final Path folder) throws Exception {
        final Path compiler = compiler();
        assumeTrue(compiler != null, "There is no gcc or cc on this machine to compute the layouts with.");
        final Path source = Files.writeString(folder.resolve("layout.c"), PROGRAM);
        final Path binary = folder.resolve("layout");
        run(compiler.toString(), "-o", binary.toString(), source.toString());
        final Map<String, Integer> seen = new LinkedHashMap<>();
        run(binary.toString()).lines()
                .forEach(line -> seen.put(line.split("=")[0], Integer.valueOf(line.split("=")[1])));
        final Map<String, Integer> expected = new LinkedHashMap<>();
        expected.put("fault", IommuFault2021.LENGTH);
        expected.put("type", IommuFault2021.TYPE);
        expected.put("reason", IommuFault2021.REASON);
        expected.put("flags", IommuFault2021.FLAGS);
        expected.put("pasid", IommuFault2021.PASID);
        expected.put("perm", IommuFault2021.PERMISSIONS);
        expected.put("addr", IommuFault2021.ADDRESS);
        expected.put("fetch_addr", IommuFault2021.FETCH_ADDRESS);
        expected.put("prm.flags", IommuFault2021.REQUEST_FLAGS);
        expected.put("prm.pasid", IommuFault2021.REQUEST_PASID);
        expected.put("prm.grpid", IommuFault2021.REQUEST_GROUP);
        expected.put("prm.perm", IommuFault2021.PERMISSIONS);
        expected.put("prm.addr", IommuFault2021.ADDRESS);
        expected.put("prm.private_data", IommuFault2021.REQUEST_PRIVATE_DATA);
        expected.put("header", DmaFaultRegionLayout.HEADER_LENGTH);
        expected.put("tail", DmaFaultRegionLayout.TAIL);
        expected.put("entry_size", DmaFaultRegionLayout.ENTRY_SIZE);
        expected.put("nb_entries", DmaFaultRegionLayout.NB_ENTRIES);
        expected.put("offset", DmaFaultRegionLayout.RING_OFFSET);
        expected.put("head", DmaFaultRegionLayout.HEAD);
        expected.put("info", 32);
        expected.put("cap_type.type", 8);
        expected.put("cap_fault.version", 8);
        expected.put("cap_fault", 12);
        expected.put("region", DmaFaultRegionLayout.regionSize(64));
        assertThat(seen).isEqualTo(expected);
        assertThat(DmaFaultRegionLayout.regionSize(64)).isEqualTo(36864);
    }

    /** Kernel headers have had the entry from 5.3 to 6.10; the region itself was never merged. */
    @Test
    void theEntryIsThatOfTheInstalledKernelHeaders(@TempDir final Path folder) throws Exception {
        final Path compiler = compiler();
        assumeTrue(compiler != null, "There is no gcc or cc on this machine to compute the layouts with.");
        final Path header = Path.of("/usr/include/linux/iommu.h");
        assumeTrue(Files.isReadable(header) && Files.readString(header).contains("struct iommu_fault {"),
                "The installed kernel headers don't have struct iommu_fault.");
        final Path source = Files.writeString(folder.resolve("fault.c"), """
                #include <linux/iommu.h>
                #include <stddef.h>
                #define IS(what, value) _Static_assert((what) == (value), #what)
                #define AT(field, offset) IS(offsetof(struct iommu_fault, field), offset)
                IS(sizeof(struct iommu_fault), %d);
                AT(type, %d); AT(event.reason, %d); AT(event.flags, %d); AT(event.pasid, %d); AT(event.perm, %d);
                AT(event.addr, %d); AT(event.fetch_addr, %d); AT(prm.flags, %d); AT(prm.pasid, %d); AT(prm.grpid, %d);
                AT(prm.private_data, %d);
                IS(IOMMU_FAULT_DMA_UNRECOV, %d); IS(IOMMU_FAULT_PAGE_REQ, %d);
                IS(IOMMU_FAULT_REASON_PTE_FETCH, %d); IS(IOMMU_FAULT_REASON_OOR_ADDRESS, %d);
                IS(IOMMU_FAULT_UNRECOV_PASID_VALID, %d); IS(IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE, %d);
                IS(IOMMU_FAULT_PERM_READ, %d); IS(IOMMU_FAULT_PERM_PRIV, %d);
                """.formatted(IommuFault2021.LENGTH, IommuFault2021.TYPE, IommuFault2021.REASON, IommuFault2021.FLAGS,
                IommuFault2021.PASID, IommuFault2021.PERMISSIONS, IommuFault2021.ADDRESS, IommuFault2021.FETCH_ADDRESS,
                IommuFault2021.REQUEST_FLAGS, IommuFault2021.REQUEST_PASID, IommuFault2021.REQUEST_GROUP,
                IommuFault2021.REQUEST_PRIVATE_DATA, IommuFault2021.TYPE_UNRECOVERABLE,
                IommuFault2021.TYPE_PAGE_REQUEST, GenericFault.REASON_PTE_FETCH, GenericFault.REASON_OOR_ADDRESS,
                GenericFault.FLAG_PASID_VALID, GenericFault.REQUEST_LAST_PAGE, GenericFault.PERM_READ,
                GenericFault.PERM_PRIV));
        assertThat(run(compiler.toString(), "-fsyntax-only", source.toString())).isEmpty();
    }

    private static Path compiler() {
        return Stream.of("gcc", "cc").map(name -> Path.of("/usr/bin", name)).filter(Files::isExecutable).findFirst()
                .orElse(null);
    }

    private static String run(final String... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
