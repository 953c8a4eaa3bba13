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

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import io.viommu.counters.CounterFile;
import io.viommu.vmm.vfiouser.VfioUserDoor;
import io.viommu.vmm.vfiouser.VfioUserEndpoint;
import io.viommu.vmm.vfiouser.VfioUserOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code viommu vfio-user}: checks the options and opens the door until the process is ended. */
@Command(name = "vfio-user", description = HelpTexts.VFIO_USER)
final class VfioUserCommand extends TerminalCommand implements Callable<Integer> {

    private static final long LONGEST_PACE = 60_000;
    private static final String ADDRESS = ",addr=";

    @Option(names = "--model", required = true, paramLabel = "smmuv3|intel-iommu", description = HelpTexts.MODEL)
    private String model;

    @Option(names = "--socket", required = true, paramLabel = "PATH", description = HelpTexts.SOCKET)
    private Path socket;

    @Option(names = "--properties", paramLabel = "NAME=VALUE,...", description = HelpTexts.PROPERTIES)
    private String properties = "";

    @Option(names = "--endpoint", paramLabel = "DEVICE=PATH[,addr=SLOT.0]", description = HelpTexts.ENDPOINT)
    private List<String> endpoints = List.of();

    @Option(names = "--faults", paramLabel = "FILE", description = HelpTexts.DOOR_FAULTS)
    private List<String> faults = List.of();

    @Option(names = "--pace", paramLabel = "MS", description = HelpTexts.PACE)
    private long pace;

    @Option(names = "--map", paramLabel = "HOST=GUEST", description = HelpTexts.MAP)
    private Map<String, String> map = new HashMap<>();

    @Option(names = "--control", paramLabel = "PATH", description = HelpTexts.CONTROL)
    private Path control;

    @Option(names = "--memory", paramLabel = "FILE", description = HelpTexts.MEMORY)
    private Path memory;

    @Option(names = "--trace", paramLabel = "FILE", description = HelpTexts.TRACE)
    private Path trace;

    @Option(names = "--visible", description = HelpTexts.VISIBLE)
    private boolean visible;

    @Option(names = "--fault-log", paramLabel = "FILE", description = HelpTexts.FAULT_LOG)
    private Path faultLog;

    VfioUserCommand(final Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (pace < 0 || pace > LONGEST_PACE) {
            throw refusal("--pace must be 0 to " + LONGEST_PACE + " milliseconds, not " + pace);
        }
        final VfioUserOptions options = new VfioUserOptions(model, modelProperties(), socket,
                endpoints(), faults, pace, devices(map), control, memory, trace, visible);
        final Map<String, Path> outputs = new LinkedHashMap<>();
        outputs.put("--fault-log", faultLog);
        final List<String> inputs = new ArrayList<>(faults);
        if (memory != null) {
            inputs.add(memory.toString());
        }
        checkOutputs(outputs, inputs);
        try (CounterFiles.Lease lease = new CounterFiles().forThisProcess();
                CounterFile counters = lease.open(terminal().err());
                VfioUserDoor door = open(options, counters)) {
            final Thread ending = new Thread(door::close); // removes the sockets
            Runtime.getRuntime().addShutdownHook(ending);
            terminal().out().println("viommu: " + model + " is served at " + socket);
            if (terminal().out().checkError()) {
                return 1; // nobody can know that it serves
            }
            door.await();
        }
        return 0;
    }

    private VfioUserDoor open(final VfioUserOptions options, final CounterFile counters) {
        try {
            // the log is not closed: it is mapped until the process ends, as its reader may run until then
            return new VfioUserDoor(options, counters, faultLog(faultLog), sentence -> {
                terminal().out().println("viommu: " + sentence);
                terminal().out().flush();
            });
        } catch (final IllegalArgumentException refused) {
            throw refusal(refused.getMessage());
        }
    }

    private Map<String, String> modelProperties() {
        final Map<String, String> values = new LinkedHashMap<>();
        for (final String part : properties.isEmpty() ? new String[0] : properties.split(",", -1)) {
            final int equals = part.indexOf('=');
            if (equals < 1) {
                throw refusal("--properties takes NAME=VALUE with commas between, not '" + part + "'");
            }
            values.put(part.substring(0, equals), part.substring(equals + 1));
        }
        return values;
    }

    private List<VfioUserEndpoint> endpoints() {
        final Map<VfioUserEndpoint.Kind, VfioUserEndpoint> made = new EnumMap<>(VfioUserEndpoint.Kind.class);
        for (final String text : endpoints) {
            final VfioUserEndpoint endpoint = endpoint(text);
            if (made.put(endpoint.kind(), endpoint) != null) {
                throw refusal("--endpoint may name " + endpoint.kind().option() + " only once");
            }
        }
        return List.copyOf(made.values());
    }

    private VfioUserEndpoint endpoint(final String text) {
        for (final VfioUserEndpoint.Kind kind : VfioUserEndpoint.Kind.values()) {
            final String name = kind.option() + "=";
            if (text.startsWith(name) && !text.startsWith(ADDRESS, name.length()) && text.length() > name.length()) {
                final int comma = text.indexOf(ADDRESS, name.length());
                return comma < 0
                        ? new VfioUserEndpoint(kind, Path.of(text.substring(name.length())), kind.usualRequester())
                        : new VfioUserEndpoint(kind, Path.of(text.substring(name.length(), comma)),
                                place(text.substring(comma + ADDRESS.length())));
            }
        }
        throw refusal("--endpoint must be virtio-rng=PATH or virtio-console=PATH, each with or without ,addr=SLOT.0 "
                + "after it, not '" + text + "'");
    }

    private int place(final String text) {
        final Integer number = DeviceNames.parse("00:" + text);
        if (number == null) {
            throw refusal("--endpoint's addr must be a slot and function of PCI bus 0 such as 1e.0, not '" + text
                    + "'");
        }
        return number;
    }
}
