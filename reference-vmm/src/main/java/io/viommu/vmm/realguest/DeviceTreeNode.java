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

package io.viommu.vmm.realguest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.viommu.vmm.machine.FlattenedTree;

/** A node of a devicetree that can be changed: read from a blob and written to one (Devicetree Specification 0.4). */
final class DeviceTreeNode {

    private static final int MAGIC = 0xD00D_FEED;
    private static final int BEGIN = 1;
    private static final int END = 2;
    private static final int PROPERTY = 3;
    private static final int NOTHING = 4;

    private final String name;
    private final Map<String, byte[]> properties = new LinkedHashMap<>();
    private final List<DeviceTreeNode> children = new ArrayList<>();

    DeviceTreeNode(final String name) {
        this.name = name;
    }

    /** Reads a blob that a VMM of ours has written. */
    static DeviceTreeNode read(final byte[] blob) {
        final ByteBuffer bytes = ByteBuffer.wrap(blob);
        if (bytes.getInt(0) != MAGIC) {
            throw new IllegalArgumentException("this is no devicetree blob");
        }
        final int strings = bytes.getInt(12);
        bytes.position(bytes.getInt(8));
        if (bytes.getInt() != BEGIN) {
            throw new IllegalArgumentException("the devicetree blob has no root");
        }
        return readNode(bytes, strings);
    }

    private static DeviceTreeNode readNode(final ByteBuffer bytes, final int strings) {
        final DeviceTreeNode node = new DeviceTreeNode(text(bytes, bytes.position()));
        bytes.position(bytes.position() + node.name.length() + 1);
        align(bytes);
        for (int token = bytes.getInt(); token != END; token = bytes.getInt()) {
            switch (token) {
                case BEGIN -> node.children.add(readNode(bytes, strings));
                case PROPERTY -> {
                    final byte[] value = new byte[bytes.getInt()];
                    final String property = text(bytes, strings + bytes.getInt());
                    bytes.get(value);
                    align(bytes);
                    node.properties.put(property, value);
                }
                case NOTHING -> {
                }
                default -> throw new IllegalArgumentException("the devicetree blob has a token " + token);
            }
        }
        return node;
    }

    private static String text(final ByteBuffer bytes, final int at) {
        int end = at;
        while (bytes.get(end) != 0) {
            end++;
        }
        return new String(bytes.array(), at, end - at, StandardCharsets.US_ASCII);
    }

    private static void align(final ByteBuffer bytes) {
        bytes.position(bytes.position() + 3 & ~3);
    }

    byte[] write() {
        final FlattenedTree tree = new FlattenedTree();
        write(tree);
        return tree.finish();
    }

    private void write(final FlattenedTree tree) {
        tree.begin(name);
        properties.forEach(tree::property);
        children.forEach(child -> child.write(tree));
        tree.end();
    }

    /** The child whose name begins so, wherever it is below this node. */
    DeviceTreeNode find(final String start) {
        for (final DeviceTreeNode child : children) {
            final DeviceTreeNode found = child.name.startsWith(start) ? child : child.find(start);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    DeviceTreeNode add(final DeviceTreeNode child) {
        children.add(child);
        return this;
    }

    /** Sets a property of 32-bit cells; none makes a flag. */
    DeviceTreeNode cells(final String property, final int... values) {
        final ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
        for (final int value : values) {
            bytes.putInt(value);
        }
        properties.put(property, bytes.array());
        return this;
    }

    DeviceTreeNode text(final String property, final String value) {
        properties.put(property, (value + "\0").getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    /** A property as cells. */
    int[] numbers(final String property) {
        final ByteBuffer bytes = ByteBuffer.wrap(properties.get(property));
        final int[] values = new int[bytes.remaining() / Integer.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = bytes.getInt();
        }
        return values;
    }
}
