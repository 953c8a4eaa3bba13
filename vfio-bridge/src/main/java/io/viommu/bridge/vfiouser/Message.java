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

package io.viommu.bridge.vfiouser;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.StrangersDescriptor;
import io.viommu.bridge.linux.UnixSocket;

/** The message being received: head, body and descriptors. Used over and over by the receiving thread. */
final class Message {

    /** The longest message taken: a region access with all the data that is allowed. */
    static final int MAX_LENGTH = HeaderLayout.LENGTH + RegionAccessLayout.LENGTH + Capabilities.MAX_TRANSFER;

    private static final int[] NONE = {};

    private final MemorySegment memory = Arena.ofAuto().allocate(MAX_LENGTH, Long.BYTES);
    private final UnsafeBuffer head = new UnsafeBuffer(memory.address(), HeaderLayout.LENGTH);
    private final UnsafeBuffer body = new UnsafeBuffer(memory.address() + HeaderLayout.LENGTH,
            MAX_LENGTH - HeaderLayout.LENGTH);
    private int[] descriptors = NONE;
    private int taken;

    /** How long a message may take from its first byte to its last. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /**
     * Waits for a message, without bound, and takes it.
     *
     * @return false at the end of the stream.
     * @throws LinuxException if the connection broke, the message was not whole in 5 seconds, or what comes is no
     *                        message: nothing after it can be understood.
     */
    boolean receive(final UnixSocket socket) {
        final UnixSocket.Received first = socket.receive(memory.asSlice(0, HeaderLayout.LENGTH));
        keep(first.descriptors());
        return !first.atEnd() && receive(socket, first.bytes(), System.nanoTime() + PATIENCE_NANOS);
    }

    /**
     * Takes a message that must be whole at a time.
     *
     * @param end as {@link System#nanoTime} counts.
     * @return false at the end of the stream.
     * @throws LinuxException if the connection broke, or what comes is no message: nothing after it can be understood.
     */
    boolean receive(final UnixSocket socket, final long end) {
        return receive(socket, 0, end);
    }

    private boolean receive(final UnixSocket socket, final int have, final long end) {
        if (!fill(socket, have, HeaderLayout.LENGTH, end)) {
            return false;
        }
        final int size = head.getInt(HeaderLayout.SIZE);
        final int type = head.getInt(HeaderLayout.FLAGS) & HeaderLayout.TYPE;
        if (size < HeaderLayout.LENGTH || size > MAX_LENGTH) {
            throw new LinuxException("A message must have " + HeaderLayout.LENGTH + " to " + MAX_LENGTH
                    + " bytes, and its head says " + Integer.toUnsignedString(size), 0);
        }
        if (type != HeaderLayout.TYPE_REQUEST && type != HeaderLayout.TYPE_REPLY) {
            throw new LinuxException("A message must be a request (type 0) or a reply (1), not of type " + type, 0);
        }
        return fill(socket, HeaderLayout.LENGTH, size, end);
    }

    private boolean fill(final UnixSocket socket, final int from, final int to, final long end) {
        int at = from;
        while (at < to) {
            final UnixSocket.Received part = socket.receive(memory.asSlice(at, to - at), end);
            keep(part.descriptors());
            if (part.atEnd()) {
                return false;
            }
            at += part.bytes();
        }
        return true;
    }

    /** They come with the first byte, but a peer that sends more with later bytes must not make them leak. */
    private void keep(final int[] more) {
        if (more.length > 0) {
            final int[] all = Arrays.copyOf(descriptors, descriptors.length + more.length);
            System.arraycopy(more, 0, all, descriptors.length, more.length);
            descriptors = all;
            if (all.length > Capabilities.MAX_DESCRIPTORS) {
                throw new LinuxException("A message must have at most " + Capabilities.MAX_DESCRIPTORS
                        + " descriptors, not " + all.length, 0);
            }
        }
    }

    int id() {
        return head.getShort(HeaderLayout.ID) & 0xFFFF;
    }

    int command() {
        return head.getShort(HeaderLayout.COMMAND) & 0xFFFF;
    }

    private int flags() {
        return head.getInt(HeaderLayout.FLAGS);
    }

    boolean isReply() {
        return (flags() & HeaderLayout.TYPE) == HeaderLayout.TYPE_REPLY;
    }

    boolean wantsReply() {
        return (flags() & HeaderLayout.NO_REPLY) == 0;
    }

    /** The errno of a reply, 0 if it is none. */
    int errno() {
        return (flags() & HeaderLayout.ERROR) == 0 ? 0 : Math.max(1, head.getInt(HeaderLayout.ERRNO));
    }

    /** What follows the head. */
    UnsafeBuffer body() {
        return body;
    }

    /** Bytes of the body. */
    int bodyLength() {
        return head.getInt(HeaderLayout.SIZE) - HeaderLayout.LENGTH;
    }

    /** How many descriptors came. */
    int descriptorCount() {
        return descriptors.length;
    }

    /** Gives the next descriptor away: the caller closes it. */
    int takeDescriptor() {
        return descriptors[taken++];
    }

    /** Closes the descriptors that nobody took. */
    void release() {
        while (taken < descriptors.length) {
            StrangersDescriptor.close(descriptors[taken++]);
        }
        descriptors = NONE;
        taken = 0;
    }
}
