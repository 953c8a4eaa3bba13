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

package io.viommu.vmm.realguest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The guest's serial console: every line that it printed, and a shell at its other end. */
final class GuestConsole {

    /** What the guest's init prints around the output of a command; the kernel may print on the same line. */
    static final String BEGIN = "RG-BEGIN ";
    static final String END = "RG-END ";

    /** An emulated CPU on a loaded machine is slow; who waits in vain learns it late. */
    private static final int PATIENT = Integer.getInteger("viommu.patience", 1);
    private static final Duration PATIENCE = Duration.ofMinutes(2L * PATIENT);
    private static final Duration BOOT_PATIENCE = Duration.ofMinutes(5L * PATIENT);

    /** The kernel's lines begin with a time. */
    private static final String KERNEL = "\\[ *\\d+\\.\\d+\\]";
    /** Those of Xen. */
    private static final String HYPERVISOR = "(XEN) ";

    private final List<String> lines = new ArrayList<>();
    private final OutputStream keyboard;
    private boolean ended;
    private int commands;

    /** {@code listener} is shown each line as it comes. */
    GuestConsole(final InputStream screen, final OutputStream keyboard, final Consumer<String> listener) {
        this.keyboard = keyboard;
        Thread.ofPlatform().name("guest-console").daemon().start(() -> read(screen, listener));
    }

    private void read(final InputStream screen, final Consumer<String> listener) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(screen, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                final String clean = line.replaceAll("\\e\\[[0-9;?]*[a-zA-Z]|[\\r\\e]", "");
                listener.accept(clean);
                synchronized (this) {
                    lines.add(clean);
                    notifyAll();
                }
            }
        } catch (final IOException gone) {
            // the guest's end is told below
        } finally {
            synchronized (this) {
                ended = true;
                notifyAll();
            }
        }
    }

    /** How many lines there are: a place to await later ones from. */
    synchronized int mark() {
        return lines.size();
    }

    /** The lines from a place on. */
    synchronized List<String> since(final int mark) {
        return List.copyOf(lines.subList(mark, lines.size()));
    }

    /** What the guest's kernel has printed from a place on, without the times. */
    List<String> kernel(final int mark) {
        return since(mark).stream().filter(line -> line.matches(KERNEL + ".*"))
                .map(line -> line.replaceFirst(KERNEL + " ?", "")).toList();
    }

    /** What the hypervisor has printed from a place on. */
    List<String> hypervisor(final int mark) {
        return since(mark).stream().filter(line -> line.startsWith(HYPERVISOR))
                .map(line -> line.substring(HYPERVISOR.length())).toList();
    }

    /** Waits for a line from a place on, and gives it; an exception shows what came instead. */
    String await(final int mark, final Predicate<String> wanted, final String what) {
        return until(() -> since(mark).stream().filter(wanted).findFirst().orElse(null), what, PATIENCE);
    }

    /** Waits until the guest's kernel has printed these lines, one after the other. */
    void awaitKernel(final int mark, final List<String> wanted) {
        until(() -> Collections.indexOfSubList(kernel(mark), wanted) >= 0 ? wanted : null,
                "'" + String.join("\n", wanted) + "'", PATIENCE);
    }

    /** Whether the guest has booted, from a place on. */
    boolean isUp(final int mark) {
        return since(mark).stream().anyMatch(line -> line.contains("RG-UP"));
    }

    /** Waits until the guest has booted. */
    void awaitShell() {
        until(() -> isUp(0) ? this : null, "its shell was there",
                BOOT_PATIENCE);
    }

    /**
     * Lets five seconds pass, after which Linux prints ten messages again, and the guest be done with its interrupts
     * before: they go before its shell.
     */
    void letLimitPass() {
        run("sleep 6");
    }

    private synchronized <T> T until(final Supplier<T> look, final String what, final Duration patience) {
        final long end = System.nanoTime() + patience.toNanos();
        while (true) {
            final boolean last = ended;
            final T found = look.get();
            if (found != null) {
                return found;
            }
            final long left = (end - System.nanoTime()) / 1_000_000;
            if (last || left <= 0) {
                throw new IllegalStateException((last ? "The guest ended" : "The guest was silent") + " before " + what
                        + "; its last lines:\n"
                        + String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size())));
            }
            try {
                wait(left);
            } catch (final InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", stop);
            }
        }
    }

    /** Begins to run a line in the guest's shell; its number. */
    int start(final String command) {
        final int number = ++commands;
        try {
            keyboard.write((number + " " + command + "\n").getBytes(StandardCharsets.UTF_8));
            keyboard.flush();
        } catch (final IOException gone) {
            throw new IllegalStateException("The guest ended before '" + command + "'", gone);
        }
        return number;
    }

    /** Runs a line in the guest's shell and gives what it printed; the kernel's, Xen's and empty lines are left out. */
    List<String> run(final String command) {
        final int mark = mark();
        final int number = start(command);
        await(mark, line -> line.contains(END + number + ";"), "the end of '" + command + "'");
        final List<String> output = new ArrayList<>();
        boolean inside = false;
        for (final String line : since(mark)) {
            if (line.contains(END + number + ";")) {
                return output;
            }
            if (inside && !line.isEmpty() && !line.matches(KERNEL + ".*") && !line.startsWith(HYPERVISOR)) {
                output.add(line);
            }
            inside |= line.contains(BEGIN + number + ";");
        }
        return output;
    }
}
