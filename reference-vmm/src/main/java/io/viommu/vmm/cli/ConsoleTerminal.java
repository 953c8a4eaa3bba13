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

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * The user's terminal as a guest's console: every key goes to the guest at once, Ctrl-C too. A little program of its
 * own waits for the end of this process and gives the terminal back as it was, even if this process was killed.
 */
final class ConsoleTerminal implements AutoCloseable {

    /** Ctrl-A, then: x ends, Ctrl-A is sent. */
    static final String HELP = "Ctrl-A x ends, Ctrl-A Ctrl-A is Ctrl-A";

    private static final int ESCAPE = 1;
    private static final int LEAVE = 'x';
    private static final File TERMINAL = new File("/dev/tty");
    private static final long PATIENCE_SECONDS = 5;

    private final Process keeper;

    /** Takes bytes that the user typed. */
    @FunctionalInterface
    interface Keys {
        void type(byte[] bytes, int length);
    }

    private ConsoleTerminal(final Process keeper) {
        this.keeper = keeper;
    }

    /** Takes the terminal, if there is one to take; null if not. */
    static ConsoleTerminal take() {
        final String saved = stty("-g").strip();
        if (!saved.matches("[0-9a-f:]+")) {
            return null;
        }
        try {
            final Process keeper = new ProcessBuilder("/bin/sh", "-c",
                    "trap '' INT TERM HUP QUIT; cat >/dev/null; exec stty " + saved + " </dev/tty")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            stty("raw", "-echo");
            return new ConsoleTerminal(keeper);
        } catch (final IOException noShell) {
            return null;
        }
    }

    private static String stty(final String... arguments) {
        try {
            final String[] command = new String[arguments.length + 1];
            command[0] = "stty";
            System.arraycopy(arguments, 0, command, 1, arguments.length);
            final Process process = new ProcessBuilder(command).redirectInput(TERMINAL)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? said : "";
        } catch (final IOException noTerminal) {
            return "";
        } catch (final InterruptedException ending) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** Gives keys to the guest until there are no more, or the user wants to leave. */
    static void listen(final InputStream in, final boolean escapes, final Keys keys, final Runnable leave) {
        final byte[] chunk = new byte[256];
        final byte[] out = new byte[2 * chunk.length];
        boolean escaped = false;
        try {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                int length = 0;
                for (int i = 0; i < read; i++) {
                    final int key = chunk[i];
                    if (escaped && key == LEAVE) {
                        leave.run();
                        return;
                    }
                    final boolean begins = escapes && !escaped && key == ESCAPE;
                    if (escaped && key != ESCAPE) {
                        out[length++] = ESCAPE;
                    }
                    if (!begins) {
                        out[length++] = (byte) key;
                    }
                    escaped = begins;
                }
                keys.type(out, length);
            }
        } catch (final IOException gone) {
            // nobody types any more; the guest goes on
        }
    }

    /** Gives the terminal back. */
    @Override
    public void close() {
        try {
            keeper.getOutputStream().close();
            if (!keeper.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                keeper.destroyForcibly();
            }
        } catch (final IOException gone) {
            // it has seen our end
        } catch (final InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }
}
