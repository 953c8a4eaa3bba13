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

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.viommu.counters.CounterFile;
import io.viommu.vmm.board.Ending;
import io.viommu.vmm.board.MachineOptions;
import io.viommu.vmm.board.VirtualMachine;
import io.viommu.vmm.kvm.Kvm;
import io.viommu.vmm.replay.LiveReplay;

/** Runs a guest on the user's terminal, anew after each reset, until it is switched off or ended. */
final class GuestRun {

    private static final int FAILED = 1;
    private static final long PATIENCE_SECONDS = 5;

    private final Terminal terminal;
    private final List<String> faults;
    private final Path control;
    private final AtomicReference<VirtualMachine> running = new AtomicReference<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean leaving;

    GuestRun(final Terminal terminal, final List<String> faults, final Path control) {
        this.terminal = terminal;
        this.faults = faults;
        this.control = control;
    }

    /** The exit status. */
    int run(final Kvm kvm, final MachineOptions options, final CounterFile counters, final OutputStream console)
            throws InterruptedException {
        final Thread ending = new Thread(this::end, "ending");
        Ending end = null;
        try (ConsoleTerminal raw = firstMachine(kvm, options, counters, console)) {
            Runtime.getRuntime().addShutdownHook(ending);
            Thread.ofPlatform().name("keyboard").daemon()
                    .start(() -> ConsoleTerminal.listen(terminal.in(), raw != null, this::type, this::leave));
            do {
                final VirtualMachine machine = end == null
                        ? running.get()
                        : new VirtualMachine(kvm, options, console, counters);
                running.set(machine);
                end = play(machine, counters);
            } while (end.kind() == Ending.Kind.RESET && !leaving);
        } finally {
            final VirtualMachine last = running.getAndSet(null);
            if (last != null) {
                last.close();
            }
            finished.countDown();
            forget(ending);
        }
        if (end.kind() == Ending.Kind.FAILED) {
            terminal.err().println("viommu: " + end.text() + ".");
            return FAILED;
        }
        return 0;
    }

    /** What can be refused is refused before the terminal is taken. */
    private ConsoleTerminal firstMachine(final Kvm kvm, final MachineOptions options, final CounterFile counters,
            final OutputStream console) {
        running.set(new VirtualMachine(kvm, options, console, counters));
        if (!terminal.interactive()) {
            return null;
        }
        terminal.err().println("viommu: " + ConsoleTerminal.HELP);
        return ConsoleTerminal.take();
    }

    private Ending play(final VirtualMachine machine, final CounterFile counters) throws InterruptedException {
        try (machine) {
            if (control != null) {
                machine.listen(control);
            }
            if (leaving) {
                machine.stop();
            }
            if (faults.isEmpty()) {
                return machine.run();
            }
            try (LiveReplay replay = new LiveReplay(faults, machine.replayTarget(counters), this::tell)) {
                replay.start();
                return machine.run();
            }
        }
    }

    private void tell(final String sentence) {
        terminal.err().print("viommu: " + sentence + "\r\n");
        terminal.err().flush();
    }

    private void type(final byte[] bytes, final int length) {
        final VirtualMachine machine = running.get();
        if (machine != null) {
            machine.type(bytes, length);
        }
    }

    private void leave() {
        leaving = true;
        final VirtualMachine machine = running.get();
        if (machine != null) {
            machine.stop();
        }
    }

    /** The process is ended by a signal: the guest ends first, and the terminal is given back. */
    private void end() {
        leave();
        try {
            finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (final InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    private static void forget(final Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException ending) {
            // it runs already
        }
    }
}
