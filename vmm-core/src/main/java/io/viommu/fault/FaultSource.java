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

package io.viommu.fault;

/**
 * Where physical faults come from: a DMA-fault region, an iommufd queue, a log. Owned by one reader thread, which alone
 * calls {@link #poll}.
 */
public interface FaultSource extends AutoCloseable {

    /** Returned by {@link #readyFd} when the source can only be polled. */
    int NO_FD = -1;

    /**
     * A name for people, in counters and messages.
     *
     * @return short, without line breaks.
     */
    String name();

    /**
     * Hands over what is there, up to a limit, without blocking for more. Neither throws on bad input nor allocates:
     * what can't be read is rejected through the sink with a reason.
     *
     * @param sink  takes each fault.
     * @param limit at most this many.
     * @return how many were read; 0 if there is nothing now.
     */
    int poll(FaultSink sink, int limit);

    /**
     * A file descriptor that becomes readable when there is something to poll.
     *
     * @return the descriptor, or {@link #NO_FD}.
     */
    int readyFd();

    /**
     * Takes note that {@link #readyFd} was seen readable, before the poll that follows: an eventfd is emptied here.
     */
    default void ready() {
    }

    /**
     * Takes note that {@link #readyFd} is in error, or that its other side has gone, before the poll that follows: a
     * source that is empty then has ended.
     */
    default void hungUp() {
    }

    /**
     * Whether the source can give no more: the peer has gone, or the log has ended.
     *
     * @return true once it is exhausted or broken.
     */
    default boolean exhausted() {
        return false;
    }

    @Override
    void close();
}
