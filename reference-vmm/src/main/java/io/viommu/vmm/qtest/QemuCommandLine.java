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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.viommu.vmm.machine.Board;
import io.viommu.vmm.machine.DeviceSpec;
import io.viommu.vmm.machine.MachineSpec;

/**
 * Understands a QEMU command line, as far as it is about the machine or about how to talk to the program. Other options
 * are accepted and have no effect, since they can't change what the IOMMU does; an unknown machine, machine option or
 * device is refused.
 */
final class QemuCommandLine {

    /** The options that mean something here; each takes an argument. */
    private static final Set<String> UNDERSTOOD = Set.of("machine", "M", "m", "device", "global", "qtest", "qtest-log",
            "qmp", "chardev", "mon", "object");
    private static final Set<String> MACHINE_OPTIONS = Set.of("accel", "acpi", "cxl", "dtb-randomness",
            "dump-guest-core", "dumpdtb", "gic-version", "graphics", "highmem", "highmem-ecam", "highmem-mmio",
            "highmem-redists", "hmat", "hpet", "i8042", "iommu", "its", "kernel-irqchip", "kernel_irqchip", "kvm-type",
            "max-ram-below-4g", "mem-merge", "memory-backend", "memory-encryption", "msi", "mte", "nvdimm", "pit",
            "pic", "ras", "sata", "secure", "smbus", "smm", "spcr", "suppress-vmdesc", "usb", "virtualization",
            "vmport");

    private final String architecture;
    private final List<String> monitors = new ArrayList<>();
    private final Map<String, String> socketsById = new HashMap<>();
    private final List<DeviceSpec> devices = new ArrayList<>();
    private final Map<String, Map<String, String>> globals = new HashMap<>();
    private final Map<String, String> machineOptions = new LinkedHashMap<>();
    private Board board;
    private long ram = MachineSpec.DEFAULT_RAM;
    private String qtest = "";
    private String log = "none";

    /** An empty architecture stands for all. */
    QemuCommandLine(final String architecture) {
        this.architecture = architecture;
    }

    /** Reads all options; refuses in one sentence. */
    QemuCommandLine parse(final List<String> arguments) {
        int i = 0;
        while (i < arguments.size()) {
            final String option = arguments.get(i++);
            if (!option.startsWith("-")) {
                throw new Refusal("'" + Words.shown(option) + "' is not an option; options begin with '-'");
            }
            final String name = option.substring(option.startsWith("--") ? 2 : 1);
            final boolean last = i == arguments.size();
            if (UNDERSTOOD.contains(name)) {
                if (last) {
                    throw new Refusal("-" + name + " needs an argument");
                }
                take(name, arguments.get(i++));
            } else if (!last && !arguments.get(i).startsWith("-")) {
                i++; // the argument of an option that can't change what the IOMMU does
            }
        }
        return this;
    }

    private void take(final String option, final String argument) {
        switch (option) {
            case "machine", "M" -> takeMachine(argument);
            case "m" -> ram = memory(argument);
            case "device" -> takeDevice(argument);
            case "global" -> takeGlobal(argument);
            case "qtest" -> qtest = argument;
            case "qtest-log" -> log = argument;
            case "qmp" -> monitors.add(argument);
            case "chardev" -> takeChardev(argument);
            case "mon" -> takeMonitor(argument);
            case "object" -> takeObject(argument);
            default -> throw new IllegalStateException(option);
        }
    }

    private void takeMachine(final String argument) {
        properties(argument, "type").forEach((name, value) -> {
            if (name.equals("type")) {
                try {
                    board = Board.find(value, architecture);
                } catch (final IllegalArgumentException unknown) {
                    throw new Refusal(unknown.getMessage());
                }
            } else if (MACHINE_OPTIONS.contains(name)) {
                machineOptions.put(name, value);
            } else {
                throw new Refusal("-machine has no option '" + Words.shown(name) + "' here; it takes iommu=none|smmuv3"
                        + " and what can't change the IOMMU, such as acpi, gic-version, accel");
            }
        });
    }

    private void takeDevice(final String argument) {
        final Map<String, String> properties = properties(argument, "driver");
        final String driver = properties.remove("driver");
        devices.add(new DeviceSpec(driver == null ? "" : driver, properties));
    }

    private void takeGlobal(final String argument) {
        final int dot = argument.indexOf('.');
        final int equals = argument.indexOf('=');
        if (dot < 1 || equals < dot + 2) {
            throw new Refusal("-global must be DRIVER.PROPERTY=VALUE, not '" + Words.shown(argument) + "'");
        }
        globals.computeIfAbsent(argument.substring(0, dot), driver -> new LinkedHashMap<>())
                .put(argument.substring(dot + 1, equals), argument.substring(equals + 1));
    }

    private void takeChardev(final String argument) {
        final Map<String, String> properties = properties(argument, "backend");
        final String path = properties.get("path");
        if ("socket".equals(properties.get("backend")) && path != null && properties.containsKey("id")) {
            final boolean server = "on".equals(properties.get("server"));
            socketsById.put(properties.get("id"), "unix:" + path + (server ? ",server=on" : ""));
        }
    }

    private void takeMonitor(final String argument) {
        final Map<String, String> properties = properties(argument, "chardev");
        if ("control".equals(properties.get("mode"))) { // else it is a monitor for people; nobody sits there
            addMonitor("-mon", properties.get("chardev"));
        }
    }

    /** QEMU 11.1 has monitors among its objects, and libqtest asks for one so. */
    private void takeObject(final String argument) {
        final Map<String, String> properties = properties(argument, "qom-type");
        if ("monitor-qmp".equals(properties.get("qom-type"))) {
            addMonitor("-object monitor-qmp", properties.get("chardev"));
        }
    }

    private void addMonitor(final String option, final String chardev) {
        if (!socketsById.containsKey(chardev)) {
            throw new Refusal(option + ": there is no -chardev socket with path and id '" + Words.shown(chardev)
                    + "' before it");
        }
        monitors.add(socketsById.get(chardev));
    }

    /** Splits NAME,PROPERTY=VALUE,… as QEMU does: the first may come without its key, a doubled comma is one. */
    static Map<String, String> properties(final String argument, final String firstKey) {
        final Map<String, String> properties = new LinkedHashMap<>();
        final StringBuilder part = new StringBuilder();
        boolean first = true;
        for (int i = 0; i <= argument.length(); i++) {
            final boolean end = i == argument.length();
            if (!end && argument.charAt(i) == ',' && argument.startsWith(",,", i)) {
                part.append(',');
                i++;
            } else if (!end && argument.charAt(i) != ',') {
                part.append(argument.charAt(i));
            } else {
                put(properties, part.toString(), first ? firstKey : null);
                part.setLength(0);
                first = false;
            }
        }
        return properties;
    }

    private static void put(final Map<String, String> properties, final String part, final String impliedKey) {
        final int equals = part.indexOf('=');
        if (part.isEmpty()) {
            return;
        }
        if (equals > 0) {
            properties.put(part.substring(0, equals), part.substring(equals + 1));
        } else if (impliedKey != null) {
            properties.put(impliedKey, part);
        } else if (part.startsWith("no") && part.length() > 2) {
            properties.put(part.substring(2), "off");
        } else {
            properties.put(part, "on");
        }
    }

    /** A size as QEMU writes it: MiB without a suffix; k, M, G with one; or size=…. */
    private static long memory(final String argument) {
        final String text = properties(argument, "size").getOrDefault("size", "");
        final String digits = text.isEmpty() || Character.isDigit(text.charAt(text.length() - 1))
                ? text
                : text.substring(0, text.length() - 1);
        final int shift = switch (text.substring(digits.length()).toLowerCase(Locale.ROOT)) {
            case "b" -> 0;
            case "k" -> 10;
            case "", "m" -> 20;
            case "g" -> 30;
            case "t" -> 40;
            default -> -1;
        };
        try {
            final long number = Long.parseLong(digits);
            if (shift >= 0 && number > 0 && number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        } catch (final NumberFormatException notANumber) {
            // the sentence below says what is allowed
        }
        throw new Refusal("-m must be a size such as 512, 512M or 1G, not '" + Words.shown(argument) + "'");
    }

    /** Splits the arguments of one line; quotes keep spaces together. */
    static List<String> split(final String line) {
        final List<String> arguments = new ArrayList<>();
        final StringBuilder word = new StringBuilder();
        char quote = 0;
        boolean within = false;
        for (int i = 0; i < line.length(); i++) {
            final char c = line.charAt(i);
            if (quote != 0 ? c == quote : c == '"' || c == '\'') {
                quote = quote == 0 ? c : 0;
                within = true;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (within) {
                    arguments.add(word.toString());
                }
                word.setLength(0);
                within = false;
            } else {
                word.append(c);
                within = true;
            }
        }
        if (within) {
            arguments.add(word.toString());
        }
        return arguments;
    }

    /** The machine that was asked for, or null if none was. */
    MachineSpec machine() {
        if (board == null) {
            if (!devices.isEmpty()) {
                throw new Refusal("-device needs a machine to be plugged into; say -machine virt or -machine q35");
            }
            return null;
        }
        if (devices.size() > Byte.MAX_VALUE) {
            throw new Refusal("a machine takes at most " + Byte.MAX_VALUE + " devices, not " + devices.size());
        }
        try {
            return new MachineSpec(board, ram, machineOptions, devices, globals);
        } catch (final IllegalArgumentException impossible) {
            throw new Refusal(impossible.getMessage());
        }
    }

    /** Where the qtest protocol is spoken: empty or stdio, or unix:PATH. */
    String qtest() {
        return qtest;
    }

    /** Where the protocol is logged: none, or a file. */
    String log() {
        return log;
    }

    /** Where QMP is spoken. */
    List<String> monitors() {
        return monitors;
    }

    /** The architecture it was started for, empty for all. */
    String architecture() {
        return architecture;
    }
}
