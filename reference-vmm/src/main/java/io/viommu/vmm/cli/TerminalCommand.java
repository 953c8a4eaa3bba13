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

package io.viommu.vmm.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import org.agrona.concurrent.SystemEpochClock;

import io.viommu.counters.DistinctFaultLog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all commands have: help, version, a place to print, and a way to refuse what was asked of them. */
@Command(mixinStandardHelpOptions = true, versionProvider = VersionText.class)
abstract class TerminalCommand {

    /** Twice the lines that there is room for; 2 MiB. */
    private static final int FAULT_LOG_LINES = 1 << 14;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    TerminalCommand(final Terminal terminal) {
        this.terminal = terminal;
    }

    final Terminal terminal() {
        return terminal;
    }

    final CommandSpec spec() {
        return spec;
    }

    /** A usage error: one sentence that names the option and what it takes. */
    final ParameterException refusal(final String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }

    /** The devices of an option {@code --map}: the host's numbers, and the guest's for them. */
    final Map<Integer, Integer> devices(final Map<String, String> map) {
        final Map<Integer, Integer> numbers = new HashMap<>();
        map.forEach((host, guest) -> numbers.put(device(host), device(guest)));
        return numbers;
    }

    private int device(final String text) {
        final Integer number = DeviceNames.parse(text);
        if (number == null) {
            throw refusal("--map takes HOST=GUEST, each a StreamID such as 0x100 or a PCI function such as 03:00.0, "
                    + "not '" + text + "'");
        }
        return number;
    }

    /** A log of distinct faults where the user wants one, or null. */
    final DistinctFaultLog faultLog(final Path path) {
        if (path == null) {
            return null;
        }
        final Path folder = path.toAbsolutePath().getParent();
        if (folder == null || !Files.isWritable(folder) || Files.isDirectory(path)) {
            throw refusal("--fault-log must name a file in a folder that can be written, not '" + path + "'");
        }
        return DistinctFaultLog.create(path, FAULT_LOG_LINES, SystemEpochClock.INSTANCE);
    }
}
