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

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import io.viommu.bridge.log.KernelLogParser;
import io.viommu.bridge.log.LogFault;

/** The faults of the logs that people posted, as the tests of the parser have them. */
final class RealFaults {

    private static final Path LOGS = Path.of("..", "vfio-bridge", "src", "test", "resources", "faults");

    private RealFaults() {
    }

    /** Those of one kind that have their whole record, each once. */
    static List<LogFault> of(final LogFault.Kind kind) throws IOException {
        final List<Path> logs;
        try (Stream<Path> files = Files.list(LOGS)) {
            logs = files.filter(path -> path.toString().endsWith(".log")).sorted().toList();
        }
        final List<LogFault> faults = new ArrayList<>();
        for (final Path log : logs) {
            try (InputStream input = Files.newInputStream(log)) {
                KernelLogParser.parse(input, fault -> {
                    if (fault.kind() == kind && !fault.rejected()
                            && faults.stream().noneMatch(other -> other.words().equals(fault.words()))) {
                        faults.add(fault);
                    }
                });
            }
        }
        return faults;
    }

    /** How the door takes a fault: its device, and its record as it was reported. */
    static String fields(final LogFault fault) {
        final long device = fault.kind() == LogFault.Kind.SMMU_EVENT
                ? fault.words().get(0) >>> 32
                : fault.words().get(1) & 0xFFFF;
        return "sid=%d as-reported=1 words=%s".formatted(device, words(fault));
    }

    /** The record's words with commas between. */
    static String words(final LogFault fault) {
        return LongStream.range(0, fault.words().count()).map(i -> fault.words().get((int) i))
                .mapToObj("0x%016x"::formatted).collect(Collectors.joining(","));
    }
}
