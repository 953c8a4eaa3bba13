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

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes an initial root file system as Linux takes it: a cpio archive of the kind newc, which has 13 numbers of eight
 * hexadecimal digits before each name (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
 */
final class InitialRamdisk {

    private static final int DIRECTORY = 0040755;
    private static final int EXECUTABLE = 0100755;
    private static final int CHARACTER_DEVICE = 0020600;

    private final ByteArrayOutputStream archive = new ByteArrayOutputStream();
    private int number = 1;

    InitialRamdisk folder(final String name) {
        return entry(name, DIRECTORY, 0, 0, new byte[0]);
    }

    InitialRamdisk file(final String name, final byte[] content) {
        return entry(name, EXECUTABLE, 0, 0, content);
    }

    InitialRamdisk device(final String name, final int major, final int minor) {
        return entry(name, CHARACTER_DEVICE, major, minor, new byte[0]);
    }

    byte[] finish() {
        entry("TRAILER!!!", 0, 0, 0, new byte[0]);
        return archive.toByteArray();
    }

    private InitialRamdisk entry(final String name, final int mode, final int major, final int minor,
            final byte[] content) {
        final StringBuilder head = new StringBuilder("070701");
        for (final int field : new int[]{ number++, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor,
            name.length() + 1, 0 }) {
            head.append("%08x".formatted(field));
        }
        archive.writeBytes((head + name + "\0").getBytes(StandardCharsets.US_ASCII));
        align();
        archive.writeBytes(content);
        align();
        return this;
    }

    private void align() {
        while (archive.size() % Integer.BYTES != 0) {
            archive.write(0);
        }
    }
}
