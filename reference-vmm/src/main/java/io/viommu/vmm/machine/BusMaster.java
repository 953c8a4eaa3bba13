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

package io.viommu.vmm.machine;

import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.vmm.virtio.DmaPort;

/**
 * A PCI function as one that makes requests. Nothing leaves it, neither DMA nor an interrupt message, unless its Bus
 * Master Enable bit is set (PCI Express Base, 7.5.1.1.3), that of a port above it too, and it is in D0 (5.3.1).
 */
public final class BusMaster implements DmaPort {

    private final PciConfig config;
    private BooleanSupplier upstream;
    private IntSupplier requester;
    private DmaPath path;

    /**
     * Makes a requester that is connected to nothing yet.
     *
     * @param config of the function, with its Command register and power state.
     */
    public BusMaster(final PciConfig config) {
        this.config = config;
    }

    /**
     * Connects it; before it makes a request.
     *
     * @param to     where its requests go.
     * @param id     says who it is, StreamID or requester id, at each request.
     * @param passes says whether what is above it passes its requests on.
     */
    public void connect(final DmaPath to, final IntSupplier id, final BooleanSupplier passes) {
        path = to;
        requester = id;
        upstream = passes;
    }

    private boolean mayAsk() {
        return config.mayMaster() && upstream.getAsBoolean();
    }

    @Override
    public boolean read(final long address, final MutableDirectBuffer target, final int length) {
        return mayAsk()
                && path.read(DmaPath.Requester.of(requester.getAsInt()), address, target, 0, length);
    }

    @Override
    public boolean write(final long address, final DirectBuffer source, final int length) {
        return mayAsk()
                && path.write(DmaPath.Requester.of(requester.getAsInt()), address, source, 0, length);
    }

    /**
     * Sends a message-signalled interrupt.
     *
     * @param address the address written.
     * @param data    the 32 bits written.
     */
    public void message(final long address, final int data) {
        if (mayAsk()) {
            path.message(requester.getAsInt(), address, data);
        }
    }
}
