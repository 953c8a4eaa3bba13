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

/**
 * A PCI function as a server presents it: regions and interrupts.
 *
 * <p>{@link #read} is called by the thread that receives messages, {@link #write} by one that carries out writes in
 * their order; a read comes after the writes before it, but for one case: while a write waits for a client to answer a
 * DMA message, or takes long while another thread does, reads are let through, because a client may answer only once
 * its read is (QEMU holds its big lock while a virtual CPU waits for a register). So a read must not wait for a lock
 * that a write holds meanwhile. Neither method throws, whatever the client asks for.
 */
public interface VfioUserFunction {

    /** Number of the region of BAR 0; BARs 1 to 5 follow it. */
    int BAR0 = 0;
    /** Number of the region of the expansion ROM. */
    int ROM = 6;
    /** Number of the region of configuration space. */
    int CONFIG = 7;
    /** How many regions a PCI function has (the last is VGA's). */
    int REGIONS = 9;

    /** Kind of interrupt: the INTx pin. */
    int INTX = 0;
    /** Kind of interrupt: MSI. */
    int MSI = 1;
    /** Kind of interrupt: MSI-X. */
    int MSIX = 2;
    /** How many kinds of interrupt a PCI function has: those and error and request notification. */
    int INTERRUPT_KINDS = 5;

    /**
     * The size of a region.
     *
     * @param region 0 to {@link #REGIONS} - 1.
     * @return bytes, constant; 0 if there is none.
     */
    long regionSize(int region);

    /**
     * How many interrupts of a kind the function has.
     *
     * @param kind 0 to {@link #INTERRUPT_KINDS} - 1.
     * @return constant; at most 2048, of INTx at most 1.
     */
    int interrupts(int kind);

    /**
     * Reads a region.
     *
     * @param region one with a size.
     * @param offset bytes from its start; the whole access is within it.
     * @param size   1, 2, 4 or 8 bytes. A longer or odd access of the client comes in aligned pieces.
     * @return the value, in the low {@code size} bytes; the rest is ignored.
     */
    long read(int region, long offset, int size);

    /**
     * Writes a region.
     *
     * @param region one with a size.
     * @param offset bytes from its start; the whole access is within it.
     * @param size   1, 2, 4 or 8 bytes.
     * @param value  the value, in the low {@code size} bytes; the rest is 0.
     */
    void write(int region, long offset, int size, long value);

    /** Resets the function: asked for by the client, for instance because its guest reboots. */
    void reset();

    /** Puts the function back to power-on for the next client: the last one has gone. */
    default void clientGone() {
        reset();
    }
}
