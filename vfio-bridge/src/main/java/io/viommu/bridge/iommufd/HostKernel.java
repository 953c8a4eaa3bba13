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

import java.lang.foreign.MemorySegment;

import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.NativeFile;

/** The kernel beneath, by system calls. */
enum HostKernel implements IommufdKernel {
    INSTANCE;

    @Override
    public KernelFile open(final String path) {
        return new HostFile(NativeFile.open(path));
    }

    @Override
    public KernelFile adopt(final int fd) {
        return new HostFile(NativeFile.adopt(fd));
    }

    private record HostFile(NativeFile file) implements KernelFile {

        @Override
        public int fd() {
            return file.fd();
        }

        @Override
        public int ioctl(final int request, final MemorySegment argument) {
            return file.ioctl(request, argument);
        }

        @Override
        public long read(final MemorySegment into) {
            return file.read(into);
        }

        @Override
        public long write(final MemorySegment from) {
            return file.write(from);
        }

        @Override
        public long readAt(final MemorySegment into, final long position) {
            return file.readAt(into, position);
        }

        @Override
        public long writeAt(final MemorySegment from, final long position) {
            return file.writeAt(from, position);
        }

        @Override
        public FileMapping map(final long position, final long size, final boolean writable) {
            return FileMapping.ofDevice(file.fd(), position, size, writable);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
