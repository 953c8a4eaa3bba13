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
package io.viommu.bridge.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedMemoryTest {
    @Test
    void twoMappingsOfOneMemfdSeeEachOther() {
        try (SharedMemory one = SharedMemory.create("viommu-test", 8192);
                SharedMemory two = SharedMemory.map(NativeFile.duplicate(one.fd()))) {
            assertThat(two.size()).isEqualTo(8192);
            assertThat(two.address()).isNotEqualTo(one.address());
            one.segment().set(JAVA_LONG, 4096, 0x1122334455667788L);
            assertThat(two.segment().get(JAVA_LONG, 4096)).isEqualTo(0x1122334455667788L);
            final UnsafeBuffer agrona = new UnsafeBuffer(two.address(), 8192);
            assertThat(agrona.compareAndSetLong(4096, 0x1122334455667788L, 5)).isTrue();
            assertThat(one.segment().get(JAVA_LONG, 4096)).isEqualTo(5);
        }
    }

    @Test
    void aPeerCannotShrinkWhatIsMappedHere() throws Throwable {
        try (SharedMemory memory = SharedMemory.create("viommu-test", 8192)) {
            final LibC.State state = LibC.state();
            final int result = (int) LibC.FTRUNCATE.invokeExact(state.errno, memory.fd(), 0L);
            assertThat(result).isEqualTo(-1);
            assertThat(state.errno()).as("EPERM").isEqualTo(1);
            assertThat(memory.segment().get(JAVA_LONG, 8184)).isZero();
        }
    }

    @Test
    void moreThanTheFileHasIsRefusedBeforeItCouldFault() throws Exception {
        final long before = OpenFiles.count("memfd:viommu-refused");
        try (SharedMemory memory = SharedMemory.create("viommu-refused", 4096)) {
            final int copy = NativeFile.duplicate(memory.fd());
            assertThatThrownBy(() -> SharedMemory.map(copy, 8192)).isInstanceOf(LinuxException.class)
                    .hasMessage("mmap of 8192 bytes failed: descriptor " + copy + " has 4096 bytes.");
        }
        assertThat(OpenFiles.count("memfd:viommu-refused")).isEqualTo(before);
        assertThatThrownBy(() -> SharedMemory.create("x", 0)).hasMessageContaining("1 byte or more");
        assertThatThrownBy(() -> SharedMemory.map(999_999)).hasMessageContaining("EBADF");
    }

    @Test
    void closingTwiceUnmapsOnceAndTheSegmentKnows() throws Exception {
        final SharedMemory memory = SharedMemory.create("viommu-closed", 4096);
        final MemorySegment segment = memory.segment();
        memory.close();
        memory.close();
        assertThat(memory.fd()).isEqualTo(-1);
        assertThat(OpenFiles.count("memfd:viommu-closed")).isZero();
        assertThatThrownBy(() -> segment.get(JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void positionedReadsAndWritesReachTheSameBytes() {
        try (SharedMemory memory = SharedMemory.create("viommu-test", 4096);
                NativeFile file = NativeFile.adopt(NativeFile.duplicate(memory.fd()));
                Arena arena = Arena.ofConfined()) {
            final MemorySegment word = arena.allocateFrom(JAVA_LONG, 77);
            assertThat(file.writeAt(word, 64)).isEqualTo(8);
            assertThat(memory.segment().get(JAVA_LONG, 64)).isEqualTo(77);
            memory.segment().set(JAVA_LONG, 64, 78);
            assertThat(file.readAt(word, 64)).isEqualTo(8);
            assertThat(word.get(JAVA_LONG, 0)).isEqualTo(78);
            assertThat(file.readAt(word, 4096)).as("end of file").isZero();
            assertThat(file.ioctl(0x3b81, word)).isEqualTo(-Errno.ENOTTY);
        }
    }

    @Test
    void whatItsOwnerCouldCutIsNotMapped(@TempDir final Path folder) {
        try (NativeFile file = NativeFile.create(folder.resolve("ram"), 8192)) {
            assertThatThrownBy(() -> SharedMemory.map(NativeFile.duplicate(file.fd())))
                    .isInstanceOf(LinuxException.class).hasMessageContaining("seal");
        }
    }
}
