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
package io.viommu.bridge.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Real signals to one thread of this process. The handler is a function of the C library that does nothing, installed
 * without SA_RESTART, so a system call that a signal hits ends with EINTR.
 */
@SuppressWarnings("restricted") // looks up functions of the C library
final class Signals {

    /** A real-time signal that neither the JVM nor the C library uses. */
    private static final int SIGNAL = 45;
    /** {@code struct sigaction} of glibc: handler, 128 bytes of mask, flags, restorer. */
    private static final int SIGACTION_LENGTH = 152;
    private static final int LONGEST_NAME = 15;
    private static final MethodHandle TGKILL = LibC.call("tgkill", LibC.INT, LibC.INT, LibC.INT, LibC.INT);

    private final int thread;

    private Signals(final int thread) {
        this.thread = thread;
    }

    /** Finds the thread, which has been started, by the 15 characters of its name that the kernel keeps. */
    static Signals to(final String threadName) throws Throwable {
        install();
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (System.nanoTime() < end) {
            try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
                final Optional<Path> task = tasks.filter(path -> isNamed(path, threadName)).findFirst();
                if (task.isPresent()) {
                    return new Signals(Integer.parseInt(task.get().getFileName().toString()));
                }
            }
        }
        throw new AssertionError("there is no thread " + threadName);
    }

    private static void install() throws Throwable {
        final MethodHandle sigaction = LibC.call("sigaction", LibC.INT, LibC.INT, LibC.ADDRESS, LibC.ADDRESS);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment action = arena.allocate(SIGACTION_LENGTH, 8);
            action.set(LibC.ADDRESS, 0, Linker.nativeLinker().defaultLookup().findOrThrow("abs"));
            final int result = (int) sigaction.invokeExact(LibC.state().errno, SIGNAL, action, MemorySegment.NULL);
            if (result != 0) {
                throw new AssertionError("sigaction failed: " + Errno.describe(LibC.state().errno()));
            }
        }
    }

    /** The JVM leaves the end of a long name away, or its middle. */
    private static boolean isNamed(final Path task, final String name) {
        final String comm = comm(task);
        return comm.equals(name) || name.length() > LONGEST_NAME && comm.length() == LONGEST_NAME
                && (name.startsWith(comm)
                        || name.startsWith(comm.substring(0, 7)) && name.endsWith(comm.substring(LONGEST_NAME - 6)));
    }

    private static String comm(final Path task) {
        try {
            return Files.readString(task.resolve("comm")).strip();
        } catch (final IOException ended) {
            return "";
        }
    }

    /** Whether the thread sleeps in the kernel. */
    boolean sleeps() throws IOException {
        final String status = Files.readString(Path.of("/proc/self/task/" + thread + "/stat"));
        return status.charAt(status.lastIndexOf(')') + 2) == 'S';
    }

    /** Sends it once. */
    void send() throws Throwable {
        final int result = (int) TGKILL.invokeExact(LibC.state().errno, (int) ProcessHandle.current().pid(), thread,
                SIGNAL);
        if (result != 0) {
            throw new AssertionError("tgkill failed: " + Errno.describe(LibC.state().errno()));
        }
    }
}
