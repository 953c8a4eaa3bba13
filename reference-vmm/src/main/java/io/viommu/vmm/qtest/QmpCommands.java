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

package io.viommu.vmm.qtest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

import io.viommu.iommu.IommuModels;
import io.viommu.iommu.ModelProperty;
import io.viommu.vmm.machine.Board;
import io.viommu.vmm.machine.Machine;

/** The monitor commands there are. Each takes its arguments and gives what is returned. */
final class QmpCommands {

    static final String NEGOTIATE = "qmp_capabilities";

    private static final String RESET = "system_reset";
    private static final String QUIT = "quit";
    private static final Map<String, Object> NOTHING = Map.of();
    private static final int CPU_MAX = 512;
    /** Nobody plugs it in, virt has it; clients ask for it before they start that machine. */
    private static final String VIRT_CONTROLLER = "arm-gicv3";
    private static final String NAME = "name";

    private final Door door;
    private final Runnable exit;
    private final Map<String, Function<Map<?, ?>, Object>> commands = new LinkedHashMap<>();

    /** {@code exit} ends the program after the answer to {@code quit} is out. */
    QmpCommands(final Door door, final Runnable exit) {
        this.door = door;
        this.exit = exit;
        commands.put(NEGOTIATE, arguments -> NOTHING);
        commands.put("query-version", arguments -> version());
        commands.put("query-commands", arguments -> named(List.copyOf(commands.keySet())));
        commands.put("query-status", arguments -> Map.of("status", "running", "running", true));
        commands.put("query-machines", arguments -> machines());
        commands.put("qom-list-types", this::types);
        commands.put("device-list-properties", QmpCommands::properties);
        commands.put("stop", arguments -> NOTHING);
        commands.put("cont", arguments -> NOTHING);
        commands.put(RESET, arguments -> {
            door.reset();
            return NOTHING;
        });
        commands.put(QUIT, arguments -> NOTHING);
    }

    static Map<String, Object> version() {
        return Map.of("qemu", Map.of("major", 11, "minor", 1, "micro", 3), "package", "viommu");
    }

    boolean knows(final String command) {
        return commands.containsKey(command);
    }

    Object execute(final String command, final Map<?, ?> arguments) {
        final Function<Map<?, ?>, Object> known = commands.get(command);
        if (known == null) {
            throw new Refusal("there is no command '" + Words.shown(command) + "'; there are: "
                    + String.join(", ", commands.keySet()));
        }
        synchronized (door) {
            return known.apply(arguments);
        }
    }

    /** What the client is told beside the answer, or null. */
    Map<String, Object> eventAfter(final String command) {
        return switch (command) {
            case RESET -> event("RESET", "host-qmp-system-reset");
            case QUIT -> event("SHUTDOWN", "host-qmp-quit");
            default -> null;
        };
    }

    private static Map<String, Object> event(final String name, final String reason) {
        final Map<String, Object> event = new LinkedHashMap<>();
        event.put("event", name);
        event.put("data", Map.of("guest", false, "reason", reason));
        return event;
    }

    /** What happens once the answer is out. */
    void afterwards(final String command) {
        if (command.equals(QUIT)) {
            exit.run();
        }
    }

    private List<Object> machines() {
        final List<Object> machines = new ArrayList<>();
        for (final Board board : Board.values()) {
            if (board.runsOn(door.architecture())) {
                final Map<String, Object> machine = new LinkedHashMap<>();
                machine.put(NAME, board.fullName());
                if (!board.alias().equals(board.fullName())) {
                    machine.put("alias", board.alias());
                }
                machine.put("cpu-max", board == Board.NONE ? 1 : CPU_MAX);
                machine.put("hotpluggable-cpus", board != Board.NONE);
                machine.put("numa-mem-supported", board != Board.NONE);
                machine.put("deprecated", false);
                machine.put("acpi", board != Board.NONE);
                machines.add(machine);
            }
        }
        return machines;
    }

    private List<Object> types(final Map<?, ?> arguments) {
        final Object kind = arguments.get("implements");
        if (kind == null || kind.equals("device") || kind.equals("object")) {
            final Stream<String> onBoard = Board.VIRT.runsOn(door.architecture())
                    ? Stream.of(VIRT_CONTROLLER)
                    : Stream.of();
            return named(Stream.concat(Machine.devices().stream(), onBoard).toList());
        }
        if (kind.equals("machine")) {
            return named(Arrays.stream(Board.values()).filter(board -> board.runsOn(door.architecture()))
                    .map(board -> board.fullName() + "-machine").toList());
        }
        return List.of();
    }

    private static List<Object> named(final List<String> names) {
        return names.stream().<Object>map(name -> Map.of(NAME, name)).toList();
    }

    private static Object properties(final Map<?, ?> arguments) {
        final Object type = arguments.get("typename");
        if (!(type instanceof final String name) || !Machine.devices().contains(name)) {
            throw new Refusal("typename must be one of " + String.join(", ", Machine.devices()));
        }
        return IommuModels.all().stream().filter(model -> name.endsWith(model.name()))
                .flatMap(model -> model.properties().stream()).<Object>map(QmpCommands::property).toList();
    }

    private static Map<String, Object> property(final ModelProperty property) {
        final Map<String, Object> described = new LinkedHashMap<>();
        described.put(NAME, property.name());
        described.put("type", property.choices().isEmpty() ? "int" : "str");
        described.put("description", property.meaning() + " (" + property.allowed() + ")");
        described.put("default-value", property.defaultValue());
        return described;
    }
}
