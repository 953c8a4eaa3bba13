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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
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

    /**
     * Refuses files to write that can't be meant: a folder or device, one in a folder that can't be written, one of the
     * files that are read, or one twice.
     *
     * @param outputs files to write by their options, null for those not given; an older regular file is replaced.
     * @param inputs  files that are read.
     */
    final void checkOutputs(final Map<String, Path> outputs, final Collection<String> inputs) {
        final Map<Path, String> taken = new HashMap<>();
        inputs.forEach(input -> taken.put(real(input), "the input '" + input + "'"));
        taken.remove(null);
        outputs.forEach((option, path) -> {
            if (path != null) {
                final Path folder = path.toAbsolutePath().getParent();
                if (path.toString().isEmpty() || folder == null || !Files.isDirectory(folder)
                        || !Files.isWritable(folder)
                        || Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                                && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    throw refusal(option + " must name a file in a folder that can be written, not '" + path + "'");
                }
                final String other = taken.put(real(path.toString()), "what " + option + " names");
                if (other != null) {
                    throw refusal(option + " must name a file of its own, not " + other);
                }
            }
        });
    }

    /** The same for all names of a file; null for what can't be one. */
    private static Path real(final String name) {
        try {
            final Path path = Path.of(name).toAbsolutePath().normalize();
            final Path folder = path.getParent();
            return folder == null || Files.exists(path)
                    ? path.toRealPath()
                    : folder.toRealPath().resolve(path.getFileName());
        } catch (final IOException | InvalidPathException none) {
            return null;
        }
    }

    /** A log of distinct faults where the user wants one, or null. */
    final DistinctFaultLog faultLog(final Path path) {
        if (path == null) {
            return null;
        }
        return DistinctFaultLog.create(path, FAULT_LOG_LINES, SystemEpochClock.INSTANCE);
    }
}
