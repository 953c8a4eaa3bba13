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
 * One thread's way of reporting the faults that its walks find: {@link #open} gives a record to fill, {@link #send}
 * publishes it. Neither blocks for longer than the ring is full, nor allocates.
 */
public final class OutgoingFault {

    private final FaultOutlet outlet;
    private final FaultRecord record = new FaultRecord();
    private FaultPort port;
    private long claim;

    /**
     * Makes the way of one thread.
     *
     * @param outlet leads to the pipeline.
     */
    public OutgoingFault(final FaultOutlet outlet) {
        this.outlet = outlet;
    }

    /**
     * Claims a record and says who is concerned. A fault that gets no slot is accounted for. The record has no time: it
     * happens now, and to read a clock would cost an eighth of what becomes of it.
     *
     * @param kind   how its words are laid out: one of {@link FaultKind}.
     * @param device the guest's name of the device.
     * @param pasid  20 bits, or a negative number for none.
     * @return the record, whose words are to be filled before {@link #send}; null if nobody takes it.
     */
    public FaultRecord open(final int kind, final int device, final int pasid) {
        port = outlet.port();
        if (port == null) {
            return null;
        }
        claim = port.claim(record);
        if (claim < 0) {
            port.account(FaultPort.refusal(claim));
            return null;
        }
        record.kind(kind).emulated(true).guestDevice(device);
        if (pasid >= 0) {
            record.pasid(pasid);
        }
        return record;
    }

    /** Publishes the record that {@link #open} gave. */
    public void send() {
        port.publish(claim);
        port.flush();
    }
}
