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
package io.viommu.smmu.fault;

/**
 * Where a faulting transaction is parked that the guest wants stalled (IHI 0070, 3.12.2). Called by DMA threads; must
 * neither block nor allocate.
 */
@FunctionalInterface
public interface StallPort {

    /** No transaction can be parked. */
    long NO_TICKET = -1;

    /** Parks nothing. */
    StallPort NONE = (_, _, _, _) -> NO_TICKET;

    /**
     * Parks a transaction. Its fault record follows, with the ticket as its cookie: a tag may be used again while
     * records of those that had it before are still on their way, a ticket is never given twice.
     *
     * @param streamId    its stream.
     * @param substreamId its substream, or {@link io.viommu.iommu.DmaSession#NO_PASID}.
     * @param address     its input address.
     * @param access      its flags, of {@link io.viommu.iommu.DmaSession}.
     * @return the ticket, whose STAG is unique among those unanswered; or {@link #NO_TICKET} if there is no room, and
     *         the transaction is terminated.
     */
    long stall(int streamId, int substreamId, long address, int access);

    /**
     * Takes a transaction back whose record found no way to the guest: nobody would ever answer it.
     *
     * @param ticket what {@link #stall} gave.
     */
    default void withdraw(final long ticket) {
        // nothing was parked
    }

    /**
     * The STAG of a ticket.
     *
     * @param ticket what {@link #stall} gave.
     * @return 16 bits.
     */
    static int tag(final long ticket) {
        return (int) ticket & 0xFFFF;
    }
}
