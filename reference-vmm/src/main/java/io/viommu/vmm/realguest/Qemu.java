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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A QEMU with a folder for its files; neither outlives this JVM. */
final class Qemu implements AutoCloseable {

    private static final long DEATH_SECONDS = 10;
    private static final long PATIENCE_SECONDS = 120;

    private final Path folder;
    private final Thread hook = new Thread(this::end);
    private Process process;
    private GuestConsole console;

    Qemu() throws IOException {
        folder = Files.createTempDirectory("viommu");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Where its files and sockets are. */
    Path folder() {
        return folder;
    }

    /** Runs a QEMU that ends by itself. */
    void run(final List<String> command) throws IOException {
        final Process brief = spawn(command);
        final CompletableFuture<Process> late = brief.onExit().completeOnTimeout(null, PATIENCE_SECONDS,
                TimeUnit.SECONDS);
        late.thenAccept(ended -> brief.destroyForcibly());
        final String said = new String(brief.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (late.join() == null || brief.exitValue() != 0) {
            throw new IOException("QEMU failed: " + said);
        }
    }

    /** Starts the guest's QEMU. */
    GuestConsole start(final List<String> command, final Consumer<String> listener) throws IOException {
        synchronized (this) {
            process = spawn(command);
        }
        console = new GuestConsole(process.getInputStream(), process.getOutputStream(), listener);
        return console;
    }

    /** A socket of the started QEMU. */
    LineSocket socket(final String name) throws IOException {
        try {
            return LineSocket.connect(folder.resolve(name), process);
        } catch (final IOException failed) {
            throw new IOException(failed.getMessage() + "; it said: " + String.join("\n", console.since(0)), failed);
        }
    }

    /** Lets the guest's CPUs go. */
    void go() throws IOException {
        try (LineSocket qmp = monitor()) {
            qmp.ask("{\"execute\":\"cont\"}", "{\"return\"");
        }
    }

    /** Its monitor, which takes commands in JSON, from one client at a time. */
    LineSocket monitor() throws IOException {
        final LineSocket qmp = socket("qmp");
        qmp.await("{\"QMP\"");
        qmp.ask("{\"execute\":\"qmp_capabilities\"}", "{\"return\"");
        return qmp;
    }

    /**
     * QEMU ends with its parent, so even a JVM that is killed leaves none. To Linux the parent is the thread that
     * started it: one that stays (prctl(2), PR_SET_PDEATHSIG).
     */
    private static Process spawn(final List<String> command) throws IOException {
        final FutureTask<Process> start = new FutureTask<>(
                () -> new ProcessBuilder(command).redirectErrorStream(true).start());
        Thread.ofPlatform().name("qemu-parent").daemon().start(() -> {
            start.run();
            try {
                start.get().waitFor();
            } catch (final ExecutionException | InterruptedException none) {
                // whoever waits for the start learns why
            }
        });
        try {
            return start.get();
        } catch (final ExecutionException failed) {
            throw new IOException(failed.getCause().getMessage(), failed);
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stop);
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException ending) {
            // the hook runs, or will
        }
        end();
    }

    private synchronized void end() {
        if (process != null) {
            process.destroy();
            try {
                if (!process.waitFor(DEATH_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (final InterruptedException stop) {
                Thread.currentThread().interrupt();
                process.destroyForcibly();
            }
        }
        try (Stream<Path> left = Files.walk(folder)) {
            left.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (final IOException gone) {
            // removed before, or by somebody who cleans up
        }
    }
}
