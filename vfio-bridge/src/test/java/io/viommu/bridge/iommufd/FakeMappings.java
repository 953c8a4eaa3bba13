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
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.IommufdObjects.IoasMapLayout;
import io.viommu.bridge.uapi.IommufdObjects.IoasUnmapLayout;

/** What is mapped in the IO address spaces of the fake kernel. */
public final class FakeMappings {

    private static final long PAGE = 4096;

    /** One mapping. */
    public record Mapping(int ioas, long iova, long length, int flags) {
    }

    private final List<Mapping> mappings = new ArrayList<>();

    /** All that is mapped now. */
    public List<Mapping> all() {
        return List.copyOf(mappings);
    }

    int map(final MemorySegment argument) {
        final Mapping wanted = new Mapping(argument.get(ValueLayout.JAVA_INT, IoasMapLayout.IOAS_ID),
                argument.get(ValueLayout.JAVA_LONG, IoasMapLayout.IOVA),
                argument.get(ValueLayout.JAVA_LONG, IoasMapLayout.LENGTH_OF_RANGE),
                argument.get(ValueLayout.JAVA_INT, IoasMapLayout.FLAGS));
        if (wanted.length == 0 || (wanted.length | wanted.iova) % PAGE != 0
                || argument.get(ValueLayout.JAVA_LONG, IoasMapLayout.USER_VA) % PAGE != 0) {
            return -Errno.EINVAL;
        }
        if (mappings.stream().anyMatch(other -> other.ioas == wanted.ioas && other.iova < wanted.iova + wanted.length
                && wanted.iova < other.iova + other.length)) {
            return -Errno.EEXIST;
        }
        mappings.add(wanted);
        return 0;
    }

    /** Whole mappings only: the kernel doesn't split one. */
    int unmap(final MemorySegment argument) {
        final int ioas = argument.get(ValueLayout.JAVA_INT, IoasUnmapLayout.IOAS_ID);
        final long iova = argument.get(ValueLayout.JAVA_LONG, IoasUnmapLayout.IOVA);
        final long length = argument.get(ValueLayout.JAVA_LONG, IoasUnmapLayout.LENGTH_OF_RANGE);
        return mappings.removeIf(mapping -> mapping.ioas == ioas && mapping.iova == iova && mapping.length == length)
                ? 0
                : -Errno.ENOENT;
    }

    void drop(final int ioas) {
        mappings.removeIf(mapping -> mapping.ioas == ioas);
    }
}
