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

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.iommu.DmaMemory;
import io.viommu.iommu.DmaSession;
import io.viommu.memory.GuestMemory;

/**
 * The way of a machine's endpoints to memory: through the vIOMMU, if there is one, to RAM or to the interrupt
 * controller. What stalls is parked until the guest has answered.
 */
public final class DmaPath {

    private final DmaMemory memory;
    private final StalledDma stalled;

    /**
     * Who asks, and how.
     *
     * @param id     StreamID or source-id.
     * @param pasid  20 bits, or {@link DmaSession#NO_PASID}.
     * @param access {@link DmaSession#EXECUTE}, {@link DmaSession#PRIVILEGED}, {@link DmaSession#TRANSLATED}, or 0.
     */
    public record Requester(int id, int pasid, int access) {

        /**
         * An ordinary requester.
         *
         * @param id StreamID or source-id.
         * @return without PASID, unprivileged, for data.
         */
        public static Requester of(final int id) {
            return new Requester(id, DmaSession.NO_PASID, 0);
        }
    }

    /**
     * A path whose devices don't wait: what stalls is aborted for them.
     *
     * @param memory as devices see it.
     */
    public DmaPath(final DmaMemory memory) {
        this.memory = memory;
        this.stalled = null;
    }

    DmaPath(final GuestMemory memory, final MsiTarget target, final InterruptLog interrupts,
            final AttachedIommu iommu) {
        if (iommu == null) {
            this.memory = new DmaMemory(memory, null, target.window((requester, address, data) -> {
                interrupts.message(InterruptLog.Origin.REMAP, address, data);
                return true;
            }));
            this.stalled = null;
        } else {
            this.memory = new DmaMemory(memory, iommu.session(), target.window(iommu::deviceMessage));
            this.stalled = iommu.stalledDma();
            stalled.path(this);
        }
    }

    /**
     * Writes through the vIOMMU.
     *
     * @param requester who.
     * @param iova      address of the first byte.
     * @param data      where the bytes come from.
     * @param offset    offset of the first byte in {@code data}.
     * @param length    number of bytes.
     * @return false if the transaction was aborted or is stalled; what went before the fault has been written. If it is
     *         stalled and the guest has it retried, the rest is written then.
     */
    public boolean write(final Requester requester, final long iova, final DirectBuffer data, final int offset,
            final int length) {
        final int outcome = memory.write(requester.id(), requester.pasid(), requester.access(), iova, data, offset,
                length);
        if (outcome == DmaMemory.STALLED && stalled != null) {
            final int done = memory.moved();
            stalled.park(memory.stallTag(), StalledDma.write(requester, iova + done, data, offset + done,
                    length - done));
        }
        return outcome == DmaMemory.OK;
    }

    /**
     * Reads through the vIOMMU.
     *
     * @param requester who.
     * @param iova      address of the first byte.
     * @param target    where the bytes go.
     * @param offset    offset of the first byte in {@code target}.
     * @param length    number of bytes.
     * @return false if the transaction was aborted or is stalled. The data of one that is stalled and retried comes too
     *         late for anybody.
     */
    public boolean read(final Requester requester, final long iova, final MutableDirectBuffer target,
            final int offset, final int length) {
        final int outcome = memory.read(requester.id(), requester.pasid(), requester.access(), iova, target, offset,
                length);
        if (outcome == DmaMemory.STALLED && stalled != null) {
            final int done = memory.moved();
            stalled.park(memory.stallTag(), StalledDma.read(requester, iova + done, length - done));
        }
        return outcome == DmaMemory.OK;
    }

    /**
     * Sends an interrupt message as a device or an IOAPIC does: through interrupt remapping where there is one, else as
     * a write of 32 bits through the vIOMMU.
     *
     * @param requester StreamID or source-id of the sender.
     * @param address   the address written.
     * @param data      the 32 bits written.
     */
    public void message(final int requester, final long address, final int data) {
        memory.message(requester, address, data);
    }
}
