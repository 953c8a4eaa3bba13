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

/** A system call of the set-up path that failed; the message is one sentence for people, the errno is for programs. */
public final class LinuxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * A failure of one call.
     *
     * @param call what was called and on what, for instance {@code "connect to /run/x.sock"}
     * @param errno the positive errno, or 0 when the kernel reported none
     */
    public LinuxException(final String call, final int errno) {
        super(errno == 0 ? call : call + " failed: " + Errno.describe(errno));
        this.errno = errno;
    }

    /**
     * The kernel's reason.
     *
     * @return the positive errno, 0 when the kernel reported none
     */
    public int errno() {
        return errno;
    }
}
