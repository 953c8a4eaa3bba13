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
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Descriptors that a stranger sent: what they are, and how they are given back, without a call that the stranger could
 * make wait. Almost any call on a file may: to ask the size of a file of somebody's own FUSE asks that somebody, and
 * close(2) does too; close(2) of the last descriptor of a TCP socket waits as long as its owner had it linger.
 *
 * <p>Any thread.
 */
public final class StrangersDescriptor {
    private static final int F_GET_SEALS = 1034;
    private static final int F_SEAL_SHRINK = 2;
    private static final long TMPFS_MAGIC = 0x0102_1994L;
    private static final int STRICT_OVERCOMMIT = '2';
    private static final Path OVERCOMMIT = Path.of("/proc/sys/vm/overcommit_memory");
    private static final MethodHandle FSTATFS = LibC.call("fstatfs", LibC.INT, LibC.INT, LibC.ADDRESS);
    private static final int STATFS_SIZE = 120;

    /** Closings that wait for strangers at once; further ones wait for these. */
    private static final int MOST_WAITING = 64;
    /** So many that wait in vain are an attack: from then on no descriptors are taken. */
    private static final int MOST_KEPT = 256;
    private static final ThreadPoolExecutor CLOSERS = new ThreadPoolExecutor(MOST_WAITING, MOST_WAITING, 10,
            TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
            task -> Thread.ofPlatform().name("close-strangers").daemon().unstarted(task));

    static {
        CLOSERS.allowCoreThreadTimeOut(true);
    }

    private StrangersDescriptor() {
    }

    /**
     * Whether it is memory whose pages can neither go nor fail to come: a memfd of ordinary pages that is sealed
     * against shrinking (F_SEAL_SHRINK), on a kernel that doesn't refuse pages it has promised. Huge pages fail to come
     * once the pool is empty, and files of any file system can be cut short.
     *
     * @param fd an open descriptor
     * @return true if every access to a mapping within its size will succeed
     */
    static boolean keepsItsPages(final int fd) {
        return (seals(fd) & F_SEAL_SHRINK) != 0 && fileSystem(fd) == TMPFS_MAGIC && !overcommitIsStrict();
    }

    /** The seals of a memfd, 0 of anything else; never waits. */
    private static int seals(final int fd) {
        return Math.max(0, LibC.tryFcntl(fd, F_GET_SEALS, 0));
    }

    /** Asks the file system; not to be asked before it is known to be the kernel's own. */
    private static long fileSystem(final int fd) {
        final LibC.State state = LibC.state();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment answer = arena.allocate(STATFS_SIZE, 8);
            return (int) FSTATFS.invokeExact(state.errno, fd, answer) < 0 ? 0 : answer.get(LibC.LONG, 0);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /** With vm.overcommit_memory = 2 the kernel may refuse a page of a memfd at the moment it is touched. */
    private static boolean overcommitIsStrict() {
        try {
            final byte[] mode = Files.readAllBytes(OVERCOMMIT);
            return mode.length > 0 && mode[0] == STRICT_OVERCOMMIT;
        } catch (final IOException noProc) {
            return true;
        }
    }

    /**
     * Whether it is a file with contents, and not an eventfd, pipe, socket or the like. Only its name is asked for.
     *
     * @param fd an open descriptor
     * @return false if it can't be anybody's memory
     */
    public static boolean isFile(final int fd) {
        return name(fd).startsWith("/");
    }

    static boolean isEventFd(final int fd) {
        return name(fd).equals("anon_inode:[eventfd]");
    }

    /** What /proc calls it; empty if that is not to be had. */
    private static String name(final int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        } catch (final IOException noProc) {
            return "";
        }
    }

    /**
     * Closes it, at once if that can't wait, else in a thread of its own which may.
     *
     * @param fd a descriptor that nobody uses or closes any more
     */
    public static void close(final int fd) {
        if (LibC.tryFcntl(fd, F_GET_SEALS, 0) >= 0 || isEventFd(fd)) {
            LibC.close(fd);
        } else {
            CLOSERS.execute(() -> LibC.close(fd));
        }
    }

    /** Whether too many could not be closed for more to be taken. */
    static boolean tooMany() {
        return CLOSERS.getQueue().size() > MOST_KEPT;
    }
}
