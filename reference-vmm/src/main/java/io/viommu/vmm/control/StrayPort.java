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

package io.viommu.vmm.control;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.vmm.virtio.DmaPort;

/**
 * The way of an endpoint to memory, through which the endpoint also does, on command, what no driver asked for. Used
 * under the lock that its device is used under.
 */
public final class StrayPort implements DmaPort {

    /** The most that one command moves. */
    static final int MAX_TRANSFER = 4096;

    private final DmaPort port;
    private final Object lock;
    private final Hearsay hearsay = new Hearsay();
    private long lastWritten;
    private boolean trespassing;

    /**
     * Makes one.
     *
     * @param port the device's own way.
     * @param lock what the device's own thread holds while it uses the port.
     */
    public StrayPort(final DmaPort port, final Object lock) {
        this.port = port;
        this.lock = lock;
    }

    @Override
    public boolean read(final long address, final MutableDirectBuffer target, final int length) {
        return port.read(address, target, length);
    }

    @Override
    public boolean write(final long address, final DirectBuffer source, final int length) {
        lastWritten = address;
        return port.write(address, source, length);
    }

    /** Where its driver last had it write: a page that may be unmapped by now. */
    long lastWritten() {
        synchronized (lock) {
            return lastWritten;
        }
    }

    /** Does what no driver asked for; true if the bytes were moved. */
    boolean stray(final boolean write, final long address, final int length) {
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[length]);
        synchronized (lock) {
            return write ? port.write(address, bytes, length) : port.read(address, bytes, length);
        }
    }

    /** Has it write into the next buffer that its driver gives it to read. */
    void trespass() {
        synchronized (lock) {
            trespassing = true;
        }
    }

    /** What its driver said since the last time, and how a trespass ended. */
    String tell() {
        synchronized (lock) {
            return hearsay.take();
        }
    }

    /**
     * Its driver said something, by a buffer that is the device's until this returns.
     *
     * @param address bus address of the buffer.
     * @param text    what was read from it.
     * @param length  number of bytes.
     */
    public void heard(final long address, final DirectBuffer text, final int length) {
        hearsay.add(address, text, length);
        if (trespassing) {
            trespassing = false;
            hearsay.trespassed(address, stray(true, address, length));
        }
    }
}
