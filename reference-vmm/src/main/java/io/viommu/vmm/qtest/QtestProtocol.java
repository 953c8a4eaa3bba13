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

import java.util.HashMap;
import java.util.Map;

/**
 * Answers the lines of the qtest protocol: OK and what was asked for, or FAIL and one sentence. Nothing a client sends
 * ends the session.
 */
final class QtestProtocol {

    /** One command: takes its words and gives what follows OK, possibly nothing. */
    @FunctionalInterface
    interface Command {
        String answer(Words words);
    }

    private static final int MAX_SENTENCE = 1000;

    private final Door door;
    private final Map<String, Command> commands = new HashMap<>();
    private final ControlCommands control;
    private final StringBuilder wireChanges = new StringBuilder();

    QtestProtocol(final Door door) {
        this.door = door;
        new MemoryCommands(door).addTo(commands);
        control = new ControlCommands(door, wireChanges);
        control.addTo(commands);
        new EndpointCommands(door).addTo(commands);
        new FaultCommands(door).addTo(commands);
    }

    /** Answers one line; asynchronous lines about interrupts come before the answer itself. */
    String answer(final String line) {
        synchronized (door) {
            final String answer = attempt(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
            if (wireChanges.isEmpty()) {
                return answer;
            }
            wireChanges.append(answer);
            final String all = wireChanges.toString();
            wireChanges.setLength(0);
            return all;
        }
    }

    private String attempt(final String line) {
        try {
            final String result = perform(line);
            return result.isEmpty() ? "OK\n" : "OK " + result + "\n";
        } catch (final Refusal refusal) {
            return fail(refusal.getMessage());
        } catch (final RuntimeException | OutOfMemoryError defect) {
            return fail("viommu itself failed at this command (" + defect + "); please report it");
        }
    }

    private String perform(final String line) {
        if (line.startsWith(ControlCommands.MACHINE + " ") || line.equals(ControlCommands.MACHINE)) {
            return control.machine(line.substring(ControlCommands.MACHINE.length()));
        }
        final Words words = Words.of(line);
        if (words.empty()) {
            throw new Refusal("an empty line is not a command");
        }
        final Command command = commands.get(words.command());
        if (command == null) {
            throw new Refusal("unknown command '" + Words.shown(words.command()) + "'");
        }
        return command.answer(words);
    }

    /** What a client that sends endless lines gets. */
    static String tooLong() {
        return fail("a line must have at most " + LineReader.MAX_LINE + " bytes");
    }

    private static String fail(final String sentence) {
        final StringBuilder text = new StringBuilder("FAIL ");
        for (int i = 0; i < Math.min(sentence.length(), MAX_SENTENCE); i++) {
            final char c = sentence.charAt(i);
            text.append(c < ' ' || c > '~' ? '?' : c);
        }
        return text.append('\n').toString();
    }
}
