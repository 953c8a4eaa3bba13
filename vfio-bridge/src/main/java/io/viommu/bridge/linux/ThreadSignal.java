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

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * A signal that does nothing but end a system call of one thread with EINTR, such as KVM_RUN.
 *
 * <p>The handler is the C library's {@code abs}: a function of an int that touches nothing, so no Java runs in it. The
 * number is one that neither HotSpot nor the JDK's channels use. A signal that comes before the call isn't seen by it:
 * whoever uses this needs a flag besides, as {@code immediate_exit} is for KVM_RUN.
 */
public final class ThreadSignal {

    private static final int SIGNAL = 42;
    /** struct sigaction of 64-bit Linux in the C library: handler, mask of 128 bytes, flags, restorer. */
    private static final int ACTION_SIZE = 152;

    private static final MethodHandle SIGACTION = LibC.call("sigaction", LibC.INT, LibC.INT, LibC.ADDRESS,
            LibC.ADDRESS);
    private static final MethodHandle GETTID = LibC.call("gettid", LibC.INT);
    private static final MethodHandle TGKILL = LibC.call("tgkill", LibC.INT, LibC.INT, LibC.INT, LibC.INT);
    private static final boolean INSTALLED = install();

    private ThreadSignal() {
    }

    /** Without SA_RESTART, or the call would go on by itself. */
    @SuppressWarnings("restricted") // the address of a function of the C library
    private static boolean install() {
        final SymbolLookup library = Linker.nativeLinker().defaultLookup();
        final LibC.State state = LibC.state();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment action = arena.allocate(ACTION_SIZE, Long.BYTES);
            action.set(LibC.ADDRESS, 0, library.findOrThrow("abs"));
            if ((int) SIGACTION.invokeExact(state.errno, SIGNAL, action, MemorySegment.NULL) < 0) {
                throw new LinuxException("sigaction", state.errno());
            }
            return true;
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /**
     * The calling thread, to be signalled. It must be a platform thread, and nobody may signal it after its end.
     *
     * @return its number in this process
     */
    public static int current() {
        try {
            return (int) GETTID.invokeExact(LibC.state().errno);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /**
     * Ends the system call that a thread is in, if any.
     *
     * @param thread what {@link #current} gave in that thread, which has not ended
     * @return 0 or {@code -errno}
     */
    public static int send(final int thread) {
        final LibC.State state = LibC.state();
        try {
            return INSTALLED
                    ? (int) state.outcome(
                            (int) TGKILL.invokeExact(state.errno, (int) ProcessHandle.current().pid(), thread, SIGNAL))
                    : -Errno.ENOSYS;
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }
}
