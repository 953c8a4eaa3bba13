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

package io.viommu.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;

class VirtDeviceTreeTest {

    /** Reads a blob back by the specification: path of node and property to value. */
    private static Map<String, ByteBuffer> properties(final byte[] blob) {
        final ByteBuffer tree = ByteBuffer.wrap(blob);
        assertThat(tree.getInt(0)).isEqualTo(0xD00D_FEED);
        assertThat(tree.getInt(4)).isEqualTo(blob.length);
        assertThat(tree.getInt(20)).isEqualTo(17);
        assertThat(tree.getLong(tree.getInt(16))).as("no reservations").isZero();
        final int strings = tree.getInt(12);
        final Map<String, ByteBuffer> found = new TreeMap<>();
        String path = "";
        tree.position(tree.getInt(8));
        for (int token = tree.getInt(); token != 9; token = tree.getInt()) {
            switch (token) {
                case 1 -> {
                    final String name = string(tree, tree.position());
                    tree.position(tree.position() + name.length() + 4 & ~3);
                    path += name + "/";
                }
                case 2 -> path = path.substring(0, path.lastIndexOf('/', path.length() - 2) + 1);
                case 3 -> {
                    final int length = tree.getInt();
                    final String name = string(tree, strings + tree.getInt());
                    found.put(path + name, ByteBuffer.wrap(blob, tree.position(), length).slice());
                    tree.position(tree.position() + length + 3 & ~3);
                }
                default -> throw new AssertionError("token " + token);
            }
        }
        assertThat(tree.position()).isEqualTo(strings);
        return found;
    }

    private static String string(final ByteBuffer tree, final int at) {
        int end = at;
        while (tree.get(end) != 0) {
            end++;
        }
        return new String(tree.array(), at, end - at, StandardCharsets.US_ASCII);
    }

    @Test
    void theBlobDescribesMemoryPciAndSmmu() {
        final Map<String, ByteBuffer> tree = properties(VirtDeviceTree.blob(512L << 20, 0x0905_0000L, 74));
        assertThat(tree.get("/memory@40000000/reg").getLong(8)).isEqualTo(512L << 20);
        assertThat(tree.get("/smmuv3@9050000/reg").getLong(0)).isEqualTo(0x0905_0000L);
        assertThat(tree.get("/smmuv3@9050000/interrupts").getInt(4 * 10)).isEqualTo(77);
        assertThat(tree.get("/pcie@10000000/reg").getLong(0)).isEqualTo(0x40_1000_0000L);
        assertThat(tree.get("/pcie@10000000/iommu-map").getInt(4)).as("the SMMU's phandle")
                .isEqualTo(tree.get("/smmuv3@9050000/phandle").getInt(0));
    }

    @Test
    void withoutAnSmmuNothingPointsToOne() {
        assertThat(properties(VirtDeviceTree.blob(1L << 30, 0, 0)).keySet()).noneMatch(name -> name.contains("smmu"))
                .doesNotContain("/pcie@10000000/iommu-map");
    }

    @Test
    void aGuestFindsItAtTheStartOfRamAlsoAfterReset() {
        try (Machine virt = TestMachines.of(Board.VIRT)) {
            assertThat(virt.bus().load(0x4000_0000L, 4)).isEqualTo(0xEDFE_0DD0L);
            virt.bus().store(0x4000_0000L, 4, 0);
            virt.bus().store(0x4100_0000L, 4, 5);
            virt.reset();
            assertThat(virt.bus().load(0x4000_0000L, 4)).isEqualTo(0xEDFE_0DD0L);
            assertThat(virt.bus().load(0x4100_0000L, 4)).as("RAM stays").isEqualTo(5);
        }
    }
}
