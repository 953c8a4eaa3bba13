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

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.UnixListener;
import io.viommu.bridge.linux.UnixSocket;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;
import io.viommu.memory.GuestMemory;

/**
 * Presents a PCI function on a unix socket to one client at a time; QEMU is one:
 * {@code -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"..."}}'}. The next client may come when the
 * last has gone; the function is reset in between.
 *
 * <p>The client is trusted with nothing. What breaks a rule is refused with an errno; what can't be understood, or a
 * client that reads no answers, ends the connection. Each server has two threads: one receives and answers, one carries
 * out region writes.
 */
public final class VfioUserServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(VfioUserServer.class.getName());
    private static final int LOOK_MILLIS = 200;
    private static final long NAP_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** QEMU greets as soon as it is connected; a greeting that takes longer, however many bytes came, is none. */
    private static final long GREETING_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final String name;
    private final VfioUserFunction function;
    private final UnixListener listener;
    private final RegionWrites writes;
    private final DmaMessages messages;
    private final ClientMemory memory;
    private final InterruptInputs interrupts;
    private final Requests requests;
    private final Thread thread;
    private final Closing closing;
    private volatile Connection connection;
    private volatile boolean served;

    /**
     * Binds the socket; {@link #start} serves it.
     *
     * @param socket   its path, where nothing exists yet, at most 107 bytes. Whoever may open it may use the function.
     * @param function what is presented.
     * @param backing  the memfd that holds a client's RAM, by a path such as /proc/PID/fd/N, for clients that give
     *                 offsets in it but no descriptors; null to reach such memory by messages only. As all memory of
     *                 clients it is mapped only if it is sealed against shrinking, and else reached by messages.
     * @throws LinuxException if the path can't be bound.
     */
    public VfioUserServer(final Path socket, final VfioUserFunction function, final Path backing) {
        this.name = socket.getFileName().toString();
        this.closing = new Closing("vfio-user server " + name);
        this.function = function;
        this.listener = UnixListener.bind(socket);
        this.writes = new RegionWrites(name, function);
        this.messages = new DmaMessages();
        this.memory = new ClientMemory(messages, backing);
        this.interrupts = new InterruptInputs(function);
        this.requests = new Requests(function, writes, messages, memory, interrupts);
        this.thread = new Worker("vfio-user-" + name, this::run);
    }

    /** Begins to serve clients. Call once. */
    public void start() {
        closing.check();
        writes.start();
        thread.start();
    }

    /**
     * The client's memory, addressed as the client's DMA addresses are: for QEMU without an IOMMU of its own, guest
     * physical addresses.
     *
     * @return the same object for all clients.
     */
    public GuestMemory memory() {
        return memory;
    }

    /**
     * The interrupts that the client listens to.
     *
     * @return the same object for all clients.
     */
    public InterruptInputs interrupts() {
        return interrupts;
    }

    /**
     * Sends a message-signalled interrupt as what it is, a 32-bit write: to memory if there is some at that address,
     * else to the client, without waiting for it. Any thread.
     *
     * @param address where.
     * @param data    what.
     * @return false if it got nowhere; what the client makes of it is not known.
     */
    public boolean message(final long address, final int data) {
        final UnsafeBuffer word = new UnsafeBuffer(new byte[Integer.BYTES]);
        word.putInt(0, data);
        final int result = memory.write(address, word, 0, Integer.BYTES);
        return result == GuestMemory.OK || result == GuestMemory.UNMAPPED && messages.post(address, data);
    }

    /**
     * Whether a client is connected and has agreed on the protocol.
     *
     * @return true until it goes.
     */
    public boolean served() {
        return served;
    }

    private void run() {
        while (!closing.begun()) {
            try {
                if (listener.await(LOOK_MILLIS)) {
                    serve(listener.accept());
                }
            } catch (final LinuxException refused) {
                if (!closing.begun()) {
                    LOG.log(System.Logger.Level.WARNING, "vfio-user " + name + ": " + refused.getMessage());
                    LockSupport.parkNanos(NAP_NANOS); // what is missing, descriptors perhaps, is missing at once again
                }
            } catch (final Throwable failed) {
                LOG.log(System.Logger.Level.ERROR, "vfio-user " + name + ": a client's end failed", failed);
            }
        }
    }

    private void serve(final UnixSocket socket) {
        final Connection to = new Connection(socket);
        final Message message = new Message();
        connection = to;
        requests.begin();
        try {
            boolean goOn = !closing.begun() && greet(message, to, System.nanoTime() + GREETING_NANOS);
            served = goOn;
            while (goOn && !to.isBroken() && message.receive(socket)) {
                if (message.isReply()) {
                    messages.complete(message);
                } else {
                    goOn = requests.handle(message, to);
                }
                message.release();
            }
        } catch (final LinuxException broken) {
            LOG.log(System.Logger.Level.WARNING, "vfio-user " + name + ": the client is given up. "
                    + broken.getMessage() + ".");
        } catch (final Throwable failed) { // whatever it was, the next client is served
            LOG.log(System.Logger.Level.ERROR, "vfio-user " + name + ": the client is given up", failed);
        } finally {
            message.release();
            served = false;
            to.end();
            messages.detach();
            writes.finish();
            memory.clear();
            interrupts.clear();
            try {
                function.clientGone();
            } finally {
                connection = null;
                to.close();
            }
        }
    }

    /** Takes the first message, which must be what the client speaks; replies to nothing in front of it are no help. */
    private boolean greet(final Message message, final Connection to, final long end) {
        while (!to.isBroken() && message.receive(to.socket(), end)) {
            final boolean reply = message.isReply();
            final boolean agreed = !reply && requests.handle(message, to);
            message.release();
            if (!reply) {
                return agreed;
            }
        }
        return false;
    }

    /**
     * Ends the connection and the threads, and removes the socket; a barrier for all callers. From within the function,
     * or on any other {@link Worker}, it only begins.
     */
    @Override
    public void close() {
        closing.close(Worker.isCurrent(), this::end);
    }

    private void end() {
        final Connection current = connection;
        if (current != null) {
            current.end();
        }
        Closing.join(thread); // it uses what is closed below
        writes.stop();
        listener.close();
    }
}
