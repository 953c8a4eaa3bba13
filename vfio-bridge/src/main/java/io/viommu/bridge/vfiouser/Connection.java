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

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.UnixSocket;

/** The sending side of a connection; any thread. What can't be sent ends the connection, and the receiver sees that. */
final class Connection {

    /** A peer that reads nothing for so long is given up; QEMU itself gives up after 5 seconds. */
    private static final int SEND_TIMEOUT_MILLIS = 2000;

    private final UnixSocket socket;
    private final MemorySegment memory = Arena.ofAuto().allocate(Message.MAX_LENGTH, Long.BYTES);
    private final UnsafeBuffer outgoing = new UnsafeBuffer(memory.address(), Message.MAX_LENGTH);
    private volatile boolean broken;

    Connection(final UnixSocket socket) {
        this.socket = socket;
        socket.sendTimeout(SEND_TIMEOUT_MILLIS);
    }

    UnixSocket socket() {
        return socket;
    }

    /** Answers a request with a body. */
    void reply(final int id, final int command, final DirectBuffer body, final int length) {
        send(id, command, HeaderLayout.TYPE_REPLY, 0, body, 0, length, null, 0, 0);
    }

    /** Answers a request with an errno. */
    void refuse(final int id, final int command, final int errno) {
        send(id, command, HeaderLayout.TYPE_REPLY | HeaderLayout.ERROR, errno, null, 0, 0, null, 0, 0);
    }

    /** Sends a request: a structure and data after it. False if the connection is broken. */
    boolean request(final int id, final int command, final boolean wantsReply, final DirectBuffer structure,
            final int length, final DirectBuffer data, final int dataOffset, final int dataLength) {
        return send(id, command, wantsReply ? HeaderLayout.TYPE_REQUEST : HeaderLayout.NO_REPLY, 0, structure, 0,
                length, data, dataOffset, dataLength);
    }

    private synchronized boolean send(final int id, final int command, final int flags, final int errno,
            final DirectBuffer body, final int bodyOffset, final int bodyLength, final DirectBuffer data,
            final int dataOffset, final int dataLength) {
        if (broken) {
            return false;
        }
        final int size = HeaderLayout.LENGTH + bodyLength + dataLength;
        outgoing.putShort(HeaderLayout.ID, (short) id);
        outgoing.putShort(HeaderLayout.COMMAND, (short) command);
        outgoing.putInt(HeaderLayout.SIZE, size);
        outgoing.putInt(HeaderLayout.FLAGS, flags);
        outgoing.putInt(HeaderLayout.ERRNO, errno);
        if (bodyLength > 0) {
            outgoing.putBytes(HeaderLayout.LENGTH, body, bodyOffset, bodyLength);
        }
        if (dataLength > 0) {
            outgoing.putBytes(HeaderLayout.LENGTH + bodyLength, data, dataOffset, dataLength);
        }
        try {
            socket.send(memory.asSlice(0, size));
            return true;
        } catch (final LinuxException gone) {
            end();
            return false;
        }
    }

    /** Whether it has ended, though messages that came before may still be there to be received. */
    boolean isBroken() {
        return broken;
    }

    /** Lets go of the socket; a sender under way ends first, so it can't write to whoever gets the number next. */
    synchronized void close() {
        broken = true;
        socket.closeStranger();
    }

    /** Ends the connection for both sides; a receiver waiting in another thread wakes. */
    void end() {
        broken = true;
        socket.shutdown();
    }
}
