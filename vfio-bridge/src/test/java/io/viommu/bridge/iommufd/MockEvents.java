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
package io.viommu.bridge.iommufd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import io.viommu.bridge.uapi.IommufdQueues.VeventArmSmmuv3Layout;
import io.viommu.bridge.uapi.IommufdQueues.VeventHeaderLayout;

/**
 * The event queue of a mock vIOMMU, whose events are four bytes with the guest's name of the device, as that of an
 * SMMUv3: each becomes F_TRANSLATION of one address. Headers, numbers and errors are the kernel's own.
 */
final class MockEvents implements KernelFile {

    static final long TYPE = 0x10;
    static final long ACCESS = 2L << 40 | 1L << 35;
    static final long ADDRESS = 0x2_0000;
    private static final int HEADER = VeventHeaderLayout.LENGTH;
    private static final int MOCK = HEADER + 4;
    private static final int EVENT = HEADER + VeventArmSmmuv3Layout.LENGTH;

    private final KernelFile file;

    MockEvents(final KernelFile file) {
        this.file = file;
    }

    @Override
    public int fd() {
        return file.fd();
    }

    @Override
    public int ioctl(final int request, final MemorySegment argument) {
        return file.ioctl(request, argument);
    }

    /** As many events as the caller has room for, and a header if there is room for one more. */
    @Override
    public long read(final MemorySegment into) {
        final long room = into.byteSize();
        final long rest = room % EVENT;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment from = arena.allocate(room / EVENT * MOCK + (rest < HEADER ? 0 : HEADER)
                    + (room < HEADER ? room : 0), 4);
            final long got = file.read(from);
            return got <= 0 ? got : widen(from.asSlice(0, got), into);
        }
    }

    private static long widen(final MemorySegment from, final MemorySegment into) {
        long at = 0;
        long done = 0;
        while (at < from.byteSize()) {
            MemorySegment.copy(from, at, into, done, HEADER);
            if ((from.get(ValueLayout.JAVA_INT, at) & VeventHeaderLayout.FLAG_LOST_EVENTS) != 0) {
                at += HEADER;
                done += HEADER;
                continue;
            }
            final long name = Integer.toUnsignedLong(from.get(ValueLayout.JAVA_INT, at + HEADER));
            into.set(ValueLayout.JAVA_LONG, done + HEADER, TYPE | name << Integer.SIZE);
            into.set(ValueLayout.JAVA_LONG, done + HEADER + 8, ACCESS);
            into.set(ValueLayout.JAVA_LONG, done + HEADER + 16, ADDRESS);
            into.set(ValueLayout.JAVA_LONG, done + HEADER + 24, 0L);
            at += MOCK;
            done += EVENT;
        }
        return done;
    }

    @Override
    public long write(final MemorySegment from) {
        return file.write(from);
    }

    @Override
    public void close() {
        file.close();
    }
}
