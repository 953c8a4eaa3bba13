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

package io.viommu.vmm.control;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.viommu.vmm.machine.FaultDraft;
import io.viommu.vmm.qtest.FaultLine;

/**
 * What the control socket understands; a line each, answered by a line that begins with OK or ERR.
 *
 * <pre>
 *  fault FIELD=VALUE...             injects a physical fault; the fields are those of viommu_phys in the qtest door.
 *                                   A semicolon, and the next fault goes together with it
 *  storm COUNT FIELD=VALUE...       injects it so many times, as fast as it goes
 *  log PACE FILE                    injects the faults of a log or journal, PACE milliseconds apart
 *  dma read|write ADDRESS|last [LENGTH]   has the endpoint touch an address; last is where its driver had it write
 *  trespass                         has the console write into the next buffer that its driver gives it to read
 *  heard                            what the console's driver said since the last time, and how a trespass ended
 *  answers                          the guest's answers to recoverable faults since the last time
 *  spoil                            makes the next command that the guest of an SMMU queues an unknown one
 *  ready                            whether the guest's driver takes faults yet: yes or no
 * </pre>
 */
public final class ControlCommands {

    private static final long MOST_FAULTS = 1_000_000_000;
    private static final long LONGEST_PACE = 60_000;
    private static final int DEFAULT_LENGTH = 64;

    private final ControlTarget target;

    /**
     * Makes them for a machine.
     *
     * @param target what they act on.
     */
    public ControlCommands(final ControlTarget target) {
        this.target = target;
    }

    /**
     * Carries out a line. Any thread.
     *
     * @param line the command.
     * @return the answer, which begins with OK or ERR.
     */
    public String run(final String line) {
        try {
            return "OK " + dispatch(line.strip());
        } catch (final IllegalArgumentException refused) {
            return "ERR " + refused.getMessage();
        }
    }

    private String dispatch(final String line) {
        final String[] words = line.split(" +");
        return switch (words[0]) {
            case "fault" -> target.faults().inject(faults(line), 1, 0);
            case "storm" -> {
                final long count = number(words, 1, "COUNT", 1, MOST_FAULTS);
                yield target.faults().inject(List.of(parse("storm" + rest(line, 2))), count, 0);
            }
            case "log" -> log(number(words, 1, "PACE", 0, LONGEST_PACE), rest(line, 2).strip());
            case "dma" -> dma(words);
            case "trespass" -> {
                target.console(words[0]).trespass();
                yield "";
            }
            case "heard" -> target.console(words[0]).tell();
            case "answers" -> String.join(" ", target.faults().answers());
            case "spoil" -> {
                target.spoil();
                yield "";
            }
            case "ready" -> target.faults().ready() ? "yes" : "no";
            default -> throw new IllegalArgumentException(
                    "there is no command '" + words[0] + "'; there are: fault, storm, log, dma, trespass, heard, "
                            + "answers, spoil, ready");
        };
    }

    private List<FaultDraft> faults(final String line) {
        return Stream.of(rest(line, 1).split(";")).map(fields -> parse("fault " + fields)).toList();
    }

    private FaultDraft parse(final String line) {
        return FaultLine.parse(line, target.faults().smmu());
    }

    /** What follows the first words. */
    private static String rest(final String line, final int words) {
        String rest = line;
        for (int i = 0; i < words; i++) {
            final int space = rest.indexOf(' ');
            rest = space < 0 ? "" : rest.substring(space).stripLeading();
        }
        return " " + rest;
    }

    private String log(final long pace, final String file) {
        final List<String> complaints = new ArrayList<>();
        final List<FaultDraft> faults = LogFaults.read(file, target.faults().smmu(), target.devices(), complaints::add);
        if (faults.isEmpty()) {
            throw new IllegalArgumentException(complaints.isEmpty() ? "no fault in " + file : complaints.getFirst());
        }
        return target.faults().inject(faults, 1, pace);
    }

    private String dma(final String[] words) {
        final StrayPort endpoint = target.entropy(words[0]);
        final String direction = words.length > 1 ? words[1] : "";
        if (!direction.equals("read") && !direction.equals("write")) {
            throw new IllegalArgumentException("dma: the direction must be read or write, not '" + direction + "'");
        }
        final long address = words.length > 2 && words[2].equals("last")
                ? endpoint.lastWritten()
                : number(words, 2, "ADDRESS", 0, -1);
        final int length = words.length > 3
                ? (int) number(words, 3, "LENGTH", 1, StrayPort.MAX_TRANSFER)
                : DEFAULT_LENGTH;
        final boolean moved = endpoint.stray(direction.equals("write"), address, length);
        return (moved ? "moved" : "aborted") + " 0x" + Long.toHexString(address);
    }

    /** A decimal or 0x number, unsigned. */
    private static long number(final String[] words, final int at, final String name, final long min, final long max) {
        final String text = words.length > at ? words[at] : "";
        try {
            final long value = text.startsWith("0x")
                    ? Long.parseUnsignedLong(text.substring(2), 16)
                    : Long.parseUnsignedLong(text);
            if (Long.compareUnsigned(value, min) >= 0 && Long.compareUnsigned(value, max) <= 0) {
                return value;
            }
        } catch (final NumberFormatException neither) {
            // said below
        }
        throw new IllegalArgumentException(words[0] + ": " + name + " must be " + Long.toUnsignedString(min) + " to "
                + Long.toUnsignedString(max) + ", not '" + text + "'");
    }
}
