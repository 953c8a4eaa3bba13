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

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import io.viommu.vmm.fuzz.JazzerTest;

/**
 * Command lines, an argument a line. Left out is what does something in this process's surroundings when it is
 * understood: names of files to write and of sockets, and commands that go on until they are stopped.
 */
class CommandLineJazzerTest extends JazzerTest {

    private static final Set<String> COMMANDS = Set.of("replay", "decode", "stat", "real-guest");
    private static final List<String> NOT_TRIED = List.of("--record", "--counters", "--fault-log", "--control",
            "--socket", "--trace", "--memory", "--watch", "--repeat", "--speed", "--faults");

    @Override
    protected void take(final byte[] input) {
        final List<String> arguments = new String(input, StandardCharsets.UTF_8).lines().toList();
        if (arguments.isEmpty() || arguments.stream().anyMatch(CommandLineJazzerTest::isNotTried)) {
            return;
        }
        if (arguments.getFirst().equals("vfio-user")) {
            final List<String> unserved = new ArrayList<>(arguments);
            unserved.addAll(List.of("--socket", "/dev/null/socket")); // which can't be, so nothing is served
            CommandRun.of(unserved.toArray(String[]::new)).isWellBehaved();
        } else if (COMMANDS.contains(arguments.getFirst()) || arguments.getFirst().startsWith("-")) {
            CommandRun.of(arguments.toArray(String[]::new)).isWellBehaved();
        }
    }

    private static boolean isNotTried(final String argument) {
        return argument.indexOf('/') >= 0 || NOT_TRIED.stream().anyMatch(argument::startsWith);
    }
}
