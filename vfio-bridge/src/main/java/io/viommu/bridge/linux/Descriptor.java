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

import java.util.concurrent.atomic.AtomicInteger;

/** Owns an open file descriptor: it is closed once, whoever closes it, and -1 from then on. */
abstract class Descriptor implements AutoCloseable {

    private final AtomicInteger number;

    Descriptor(final int fd) {
        number = new AtomicInteger(fd);
    }

    /**
     * The descriptor, for epoll, or to hand to another process or to the kernel.
     *
     * @return the number, -1 once closed
     */
    public final int fd() {
        return number.get();
    }

    /** Gives the descriptor away, to be closed elsewhere; -1 once closed. */
    final int take() {
        return number.getAndSet(-1);
    }

    /** Closes it, and says whether nobody had done so before. */
    final boolean release() {
        final int fd = take();
        if (fd >= 0) {
            LibC.close(fd);
        }
        return fd >= 0;
    }

    @Override
    public void close() {
        release();
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "(fd " + fd() + ")";
    }
}
