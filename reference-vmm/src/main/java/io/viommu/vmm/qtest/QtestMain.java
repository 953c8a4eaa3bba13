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

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.viommu.vmm.machine.MachineSpec;
import io.viommu.vmm.output.StandardOutput;

/**
 * Opens the qtest door as a program: on standard input and output, or as QEMU's command line says. Started directly by
 * the launchers that stand in for QEMU's, without the command-line library, since a test program starts it hundreds of
 * times.
 */
public final class QtestMain {

    /** The name of the command. */
    public static final String COMMAND = "qtest";

    /** In front of the QEMU options: for which architecture this program stands in. */
    static final String TARGET = "--target=";

    private static final String WHO = "viommu qtest";
    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private QtestMain() {
    }

    /**
     * Runs until the client has gone.
     *
     * @param arguments {@code --target=aarch64|x86_64} or nothing, then options as QEMU's; or {@code --help}.
     */
    public static void main(final String[] arguments) {
        System.exit(run(Arrays.asList(arguments)));
    }

    /**
     * Runs until the client has gone.
     *
     * @param arguments as for {@link #main}.
     * @return the exit status: 0, 1 if an answer or the log could not be written, or 2 if the options can't be
     *         understood or followed.
     */
    public static int run(final List<String> arguments) {
        if (arguments.contains("--help") || arguments.contains("-help") || arguments.contains("-h")) {
            final StandardOutput output = StandardOutput.open();
            QtestHelp.print(output.text());
            return output.finish(WHO, DONE, System.err);
        }
        final boolean targeted = !arguments.isEmpty() && arguments.get(0).startsWith(TARGET);
        final String architecture = targeted ? arguments.get(0).substring(TARGET.length()) : "";
        try (Door door = new Door(architecture)) {
            return open(door, arguments.subList(targeted ? 1 : 0, arguments.size()));
        } catch (final Refusal refusal) {
            System.err.println(WHO + ": " + refusal.getMessage());
            return USAGE;
        }
    }

    private static int open(final Door door, final List<String> options) {
        final QemuCommandLine line = new QemuCommandLine(door.architecture()).parse(options);
        final MachineSpec machine = line.machine();
        final QtestLog log = QtestLog.open(line.log());
        if (machine != null) {
            door.replace(machine, false);
        }
        final AtomicBoolean ending = new AtomicBoolean();
        // A JVM that is terminated says 143; who started QEMU expects 0.
        final Thread onSignal = new Thread(() -> {
            if (!ending.get()) {
                Runtime.getRuntime().halt(DONE);
            }
        });
        Runtime.getRuntime().addShutdownHook(onSignal);
        final StandardOutput output = StandardOutput.open();
        final Endpoint client = line.qtest().isEmpty() || line.qtest().equals("stdio")
                ? new Endpoint(new FileInputStream(FileDescriptor.in), output.bytes())
                : Endpoint.open("-qtest", line.qtest());
        final List<Thread> monitors = startMonitors(door, line.monitors());
        new QtestSession(client.in(), client.out(), new QtestProtocol(door), log).run();
        monitors.forEach(QtestMain::join);
        ending.set(true);
        if (log.failed()) {
            System.err.println(WHO + ": -qtest-log: '" + Words.shown(line.log()) + "' can't be written any more.");
        }
        return output.finish(WHO, log.failed() ? FAILED : DONE, System.err);
    }

    private static List<Thread> startMonitors(final Door door, final List<String> sockets) {
        final QmpCommands commands = new QmpCommands(door, () -> Runtime.getRuntime().halt(DONE));
        final List<Thread> threads = new ArrayList<>();
        for (final String socket : sockets) {
            final boolean listens = socket.contains("server=on");
            final Endpoint connected = listens ? null : Endpoint.open("-qmp", socket);
            final Thread thread = new Thread(() -> new QmpSession(
                    listens ? Endpoint.open("-qmp", socket) : connected, commands).run(), "qmp");
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        return threads;
    }

    private static void join(final Thread thread) {
        try {
            thread.join();
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
