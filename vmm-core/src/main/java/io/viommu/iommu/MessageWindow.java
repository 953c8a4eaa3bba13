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

package io.viommu.iommu;

import java.util.Objects;

/**
 * Where a platform takes devices' message-signalled interrupts: a range of addresses that devices write 32 bits to.
 *
 * <p>On x86 a write without PASID into the local APICs' range is an interrupt request and never DMA: it is not
 * translated, and interrupt remapping has its say (VT-d, 3.14). Elsewhere the doorbell is a target like any other, so
 * the IOMMU translates the address first, and only what leads to the doorbell is a message.
 *
 * <p>Immutable; any thread.
 */
public final class MessageWindow {

    /** A platform whose devices send no messages. */
    public static final MessageWindow NONE = new MessageWindow(0, 0, false, (requester, address, data) -> false);

    private static final long LOCAL_APICS = 0xFEE0_0000L;
    private static final long LOCAL_APICS_SIZE = 0x10_0000L;

    private final long base;
    private final long size;
    private final boolean untranslated;
    private final InterruptRemapper target;

    private MessageWindow(final long base, final long size, final boolean untranslated,
            final InterruptRemapper target) {
        this.base = base;
        this.size = size;
        this.untranslated = untranslated;
        this.target = Objects.requireNonNull(target, "target");
    }

    /**
     * The local APICs' range of x86, 0xFEE00000 to 0xFEEFFFFF.
     *
     * @param target takes each interrupt request: the vIOMMU, if it remaps interrupts.
     * @return the window.
     */
    public static MessageWindow localApics(final InterruptRemapper target) {
        return new MessageWindow(LOCAL_APICS, LOCAL_APICS_SIZE, true, target);
    }

    /**
     * A doorbell behind the IOMMU, such as GITS_TRANSLATER of an ITS (GICv3, 12.18).
     *
     * @param base   physical address of its first byte.
     * @param size   bytes, 4 or more.
     * @param target takes each message, with the sender's id: an ITS's DeviceID.
     * @return the window.
     */
    public static MessageWindow doorbell(final long base, final long size, final InterruptRemapper target) {
        return new MessageWindow(base, size, false, target);
    }

    /**
     * Whether an address lies in the window.
     *
     * @param address a device's, before translation, if {@link #untranslated}; else after it.
     * @return true if a write there is a message.
     */
    public boolean takes(final long address) {
        return Long.compareUnsigned(address - base, size) < 0;
    }

    /**
     * Whether messages are told from DMA before translation.
     *
     * @return true on x86.
     */
    public boolean untranslated() {
        return untranslated;
    }

    /** How many of {@code length} bytes from {@code address} on lie on that side of the window's next edge. */
    int within(final long address, final int length) {
        final long edge = takes(address) ? size - (address - base) : base - address;
        return Long.compareUnsigned(edge, length) < 0 && edge != 0 ? (int) edge : length;
    }

    /**
     * Gives a message to whoever takes it.
     *
     * @param requester StreamID or requester id of the sender.
     * @param address   the address written.
     * @param data      the 32 bits written.
     * @return false if it was blocked.
     */
    public boolean deliver(final int requester, final long address, final int data) {
        return target.deviceMessage(requester, address, data);
    }
}
