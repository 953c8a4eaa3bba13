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

import java.util.Map;

/** The errno values that the bridge meets, with the words for them; see errno(3). */
public final class Errno {
    /** No such file or directory. */
    public static final int ENOENT = 2;
    /** Interrupted by a signal; every wrapper of this package retries it. */
    public static final int EINTR = 4;
    /** Bad file descriptor: also what a closed object of this package answers. */
    public static final int EBADF = 9;
    /** Nothing there now, or no room now. */
    public static final int EAGAIN = 11;
    /** Device or resource busy. */
    public static final int EBUSY = 16;
    /** File or object exists. */
    public static final int EEXIST = 17;
    /** No such device: unplugged, or not of the kind that can do this. */
    public static final int ENODEV = 19;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** Argument too long. */
    public static final int E2BIG = 7;
    /** No such call or command. */
    public static final int ENOSYS = 38;
    /** The operation is not supported. */
    public static final int ENOTSUP = 95;
    /** Inappropriate ioctl: the kernel does not know this request. */
    public static final int ENOTTY = 25;
    /** No space left. */
    public static final int ENOSPC = 28;
    /** Illegal seek: iommufd's answer to a read of the wrong size. */
    public static final int ESPIPE = 29;
    /** Broken pipe: the peer has gone. */
    public static final int EPIPE = 32;
    /** Timed out: a device did not confirm an invalidation. */
    public static final int ETIMEDOUT = 110;

    private static final Map<Integer, String> WORDS = Map.ofEntries(Map.entry(1, "EPERM (operation not permitted)"),
            Map.entry(ENOENT, "ENOENT (no such file or directory)"), Map.entry(3, "ESRCH (no such process)"),
            Map.entry(EINTR, "EINTR (interrupted)"), Map.entry(5, "EIO (input/output error)"),
            Map.entry(6, "ENXIO (no such device or address)"), Map.entry(E2BIG, "E2BIG (argument too long)"),
            Map.entry(EBADF, "EBADF (bad file descriptor)"), Map.entry(EAGAIN, "EAGAIN (try again)"),
            Map.entry(12, "ENOMEM (not enough memory)"), Map.entry(13, "EACCES (permission denied)"),
            Map.entry(14, "EFAULT (bad address)"), Map.entry(EBUSY, "EBUSY (device or resource busy)"),
            Map.entry(EEXIST, "EEXIST (file exists)"), Map.entry(ENODEV, "ENODEV (no such device)"),
            Map.entry(20, "ENOTDIR (not a directory)"), Map.entry(21, "EISDIR (is a directory)"),
            Map.entry(EINVAL, "EINVAL (invalid argument)"), Map.entry(23, "ENFILE (too many open files in the system)"),
            Map.entry(24, "EMFILE (too many open files)"), Map.entry(ENOTTY, "ENOTTY (request unknown to this kernel)"),
            Map.entry(27, "EFBIG (file too large)"), Map.entry(ENOSPC, "ENOSPC (no space left)"),
            Map.entry(ESPIPE, "ESPIPE (illegal seek or size)"), Map.entry(30, "EROFS (read-only file system)"),
            Map.entry(EPIPE, "EPIPE (broken pipe)"), Map.entry(36, "ENAMETOOLONG (file name too long)"),
            Map.entry(ENOSYS, "ENOSYS (call unknown to this kernel)"), Map.entry(75, "EOVERFLOW (value too large)"),
            Map.entry(90, "EMSGSIZE (message too long)"), Map.entry(ENOTSUP, "EOPNOTSUPP (operation not supported)"),
            Map.entry(98, "EADDRINUSE (address already in use)"),
            Map.entry(104, "ECONNRESET (connection reset by peer)"),
            Map.entry(105, "ENOBUFS (no buffer space)"), Map.entry(107, "ENOTCONN (not connected)"),
            Map.entry(109, "ETOOMANYREFS (too many descriptors in flight)"),
            Map.entry(ETIMEDOUT, "ETIMEDOUT (timed out)"), Map.entry(111, "ECONNREFUSED (connection refused)"));

    private Errno() {
    }

    /**
     * Name and text of an errno.
     *
     * @param errno the positive value, as in errno(3)
     * @return for instance {@code "EAGAIN (try again)"}, or {@code "errno 133"} for one without a name here
     */
    public static String describe(final int errno) {
        final String words = WORDS.get(errno);
        return words == null ? "errno " + errno : words;
    }
}
