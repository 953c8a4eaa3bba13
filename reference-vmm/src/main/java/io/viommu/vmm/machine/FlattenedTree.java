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

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a devicetree blob (Devicetree Specification 0.4, chapter 5), big-endian.
 *
 * <pre>
 *  0 magic d00dfeed   4 total size   8 structure   12 strings   16 reservations   20 version 17   24 compatible to 16
 *  28 boot CPU        32 bytes of strings          36 bytes of structure
 *  structure: 1 name ... 2 | 3 length, name's place in the strings, value | 9, each aligned to 4 bytes
 * </pre>
 */
public final class FlattenedTree {

    private static final int MAGIC = 0xD00D_FEED;
    private static final int HEADER = 40;
    private static final int NO_RESERVATIONS = 16;
    private static final int VERSION = 17;
    private static final int COMPATIBLE_VERSION = 16;
    private static final int BEGIN = 1;
    private static final int END = 2;
    private static final int PROPERTY = 3;
    private static final int END_OF_TREE = 9;

    private final ByteArrayOutputStream structure = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private final Map<String, Integer> places = new LinkedHashMap<>();

    /** Makes an empty tree. */
    public FlattenedTree() {
    }

    /**
     * Begins a node.
     *
     * @param name its name; empty for the root.
     * @return this.
     */
    public FlattenedTree begin(final String name) {
        cell(BEGIN);
        structure.writeBytes((name + "\0").getBytes(StandardCharsets.US_ASCII));
        align();
        return this;
    }

    /**
     * Ends the node begun last.
     *
     * @return this.
     */
    public FlattenedTree end() {
        cell(END);
        return this;
    }

    /**
     * A property of 32-bit cells.
     *
     * @param name   its name.
     * @param values the cells; none makes a flag.
     * @return this.
     */
    public FlattenedTree cells(final String name, final int... values) {
        final ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
        for (final int value : values) {
            bytes.putInt(value);
        }
        return property(name, bytes.array());
    }

    /**
     * A property of 64-bit numbers.
     *
     * @param name   its name.
     * @param values two cells each.
     * @return this.
     */
    public FlattenedTree numbers(final String name, final long... values) {
        final ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES);
        for (final long value : values) {
            bytes.putLong(value);
        }
        return property(name, bytes.array());
    }

    /**
     * A property of texts.
     *
     * @param name   its name.
     * @param values each ends with a zero byte.
     * @return this.
     */
    public FlattenedTree text(final String name, final String... values) {
        return property(name, (String.join("\0", values) + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * A property of any bytes.
     *
     * @param name  its name.
     * @param value its bytes.
     * @return this.
     */
    public FlattenedTree property(final String name, final byte[] value) {
        cell(PROPERTY);
        cell(value.length);
        cell(places.computeIfAbsent(name, newName -> {
            final int place = strings.size();
            strings.writeBytes((newName + "\0").getBytes(StandardCharsets.US_ASCII));
            return place;
        }));
        structure.writeBytes(value);
        align();
        return this;
    }

    private void cell(final int value) {
        structure.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    }

    private void align() {
        while (structure.size() % Integer.BYTES != 0) {
            structure.write(0);
        }
    }

    /**
     * Ends the tree; nothing may be added afterwards.
     *
     * @return the blob.
     */
    public byte[] finish() {
        cell(END_OF_TREE);
        final int structureAt = HEADER + NO_RESERVATIONS;
        final int stringsAt = structureAt + structure.size();
        final ByteBuffer blob = ByteBuffer.allocate(stringsAt + strings.size());
        blob.putInt(MAGIC).putInt(blob.capacity()).putInt(structureAt).putInt(stringsAt).putInt(HEADER).putInt(VERSION)
                .putInt(COMPATIBLE_VERSION).putInt(0).putInt(strings.size()).putInt(structure.size());
        blob.position(structureAt);
        blob.put(structure.toByteArray()).put(strings.toByteArray());
        return blob.array();
    }
}
