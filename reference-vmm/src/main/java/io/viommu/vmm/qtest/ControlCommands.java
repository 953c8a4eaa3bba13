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

import java.util.Map;

import io.viommu.vmm.machine.InterruptLog;
import io.viommu.vmm.machine.MachineSpec;

/** The clock, interrupts as the controller sees them, and the machine as a whole. */
final class ControlCommands {

    /** Takes the rest of the line as it is, so it does not go through the table of commands. */
    static final String MACHINE = "viommu_machine";

    private static final int WATCHED_INPUTS = 256;

    private final Door door;
    private final StringBuilder wireChanges;

    /** Changes of wires are appended to {@code wireChanges} as lines, once a client asked for them. */
    ControlCommands(final Door door, final StringBuilder wireChanges) {
        this.door = door;
        this.wireChanges = wireChanges;
    }

    void addTo(final Map<String, QtestProtocol.Command> commands) {
        commands.put("clock_step", this::stepClock);
        commands.put("clock_set", this::setClock);
        commands.put("irq_intercept_in", this::interceptIn);
        commands.put("irq_intercept_out", this::interceptOut);
        commands.put("set_irq_in", this::setInput);
        commands.put("viommu_irqs", this::edges);
        commands.put("viommu_msis", this::messages);
        commands.put("viommu_ioapic", this::driveIoApic);
    }

    /** No timer waits for the clock, since devices do at once what they do; it only counts. */
    private String stepClock(final Words words) {
        final long step = words.more() ? words.number("NS", 0, Long.MAX_VALUE) : 0;
        words.end();
        return Long.toString(door.clock(Math.max(door.clock() + step, door.clock())));
    }

    private String setClock(final Words words) {
        final long nanos = words.number("NS", 0, Long.MAX_VALUE);
        words.end();
        return Long.toString(door.clock(nanos));
    }

    private String interceptIn(final Words words) {
        words.word("PATH");
        words.end();
        return watch();
    }

    private String interceptOut(final Words words) {
        words.word("PATH");
        if (words.more()) {
            words.word("NAME");
        }
        words.end();
        return watch();
    }

    private String watch() {
        door.watch((input, level) -> {
            if (input < WATCHED_INPUTS) {
                wireChanges.append(level ? "IRQ raise " : "IRQ lower ").append(input).append('\n');
            }
        });
        return "";
    }

    private String setInput(final Words words) {
        words.word("PATH");
        words.word("NAME");
        return driveIoApic(words);
    }

    private String driveIoApic(final Words words) {
        final int pin = (int) words.number("PIN", 0, Integer.MAX_VALUE);
        final boolean level = words.number("LEVEL") != 0;
        words.end();
        try {
            door.machine().driveIoApic(pin, level);
        } catch (final IllegalArgumentException impossible) {
            throw new Refusal(words.command() + ": " + impossible.getMessage());
        }
        return "";
    }

    private String edges(final Words words) {
        words.end();
        final StringBuilder json = new StringBuilder("{");
        door.machine().interrupts().takeEdges().forEach((input, count) -> json.append(json.length() > 1 ? ", \"" : "\"")
                .append(input).append("\": ").append(count));
        return json.append('}').toString();
    }

    private String messages(final Words words) {
        words.end();
        final StringBuilder json = new StringBuilder("[");
        for (final InterruptLog.Message message : door.machine().interrupts().takeMessages()) {
            json.append(json.length() > 1 ? ", " : "").append("{\"src\": \"")
                    .append(message.origin() == InterruptLog.Origin.IOMMU ? "iommu" : "remap")
                    .append("\", \"addr\": \"0x").append(Long.toHexString(message.address()))
                    .append("\", \"data\": \"0x").append(Integer.toHexString(message.data())).append("\"}");
        }
        return json.append(']').toString();
    }

    /** {@code viommu_machine ARGS…}: the rest of the line is a QEMU command line. */
    String machine(final String arguments) {
        final MachineSpec spec = new QemuCommandLine(door.architecture()).parse(QemuCommandLine.split(arguments))
                .machine();
        if (spec == null) {
            throw new Refusal(MACHINE + ": -machine is missing; say -machine virt or -machine q35");
        }
        door.replace(spec, true);
        return "";
    }
}
