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

package io.viommu.vtd.fault;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.vtd.register.EventLine;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.spec.FaultRecordingLayout;
import io.viommu.vtd.spec.StatusFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * The fault recording registers: primary fault logging (VT-d 7.2.1).
 *
 * <p>Records fill the ring one after the other from an internal index, whatever the guest has cleared meanwhile,
 * because software walks from FSTS.FRI until it meets a register with F clear. FSTS.PPF is the OR of all F; FRI is set
 * when PPF rises. A record that finds its register still in use sets PFO and is dropped, as is all that follows until
 * software clears PFO.
 *
 * <p>One injector records; vCPU threads clear F and PFO at the same time. No step locks: the F bits and FSTS are
 * changed by compare-and-set, and whoever changed an F brings PPF in line with them until the two agree. PFO is only
 * ever set on top of PPF, since software that sees no PPF does not look further.
 */
public final class FaultRecordingRegisters {

    private final RegisterFile registers;
    private final EventLine line;
    private final Register[] low;
    private final Register[] high;
    private final boolean compression;
    /** The internal index. Written by the injector alone. */
    private volatile int next;
    private volatile boolean restart;

    /**
     * Takes charge of the registers.
     *
     * @param frame       of the unit; its capabilities tell number and place.
     * @param line        the fault event.
     * @param compression whether a fault of a requester that has a pending one is dropped, as 7.2.1 allows.
     */
    public FaultRecordingRegisters(final RegisterFrame frame, final EventLine line, final boolean compression) {
        final VtdCapabilities capabilities = frame.capabilities();
        this.registers = frame.registers();
        this.line = line;
        this.compression = compression;
        this.low = new Register[capabilities.faultRecords()];
        this.high = new Register[capabilities.faultRecords()];
        for (int i = 0; i < low.length; i++) {
            low[i] = VtdRegisters.faultRecordLow(capabilities.faultRecordOffset(), i);
            high[i] = VtdRegisters.faultRecordHigh(capabilities.faultRecordOffset(), i);
            registers.onWrite(high[i], (before, after, _, _) -> {
                if (before != after) {
                    faultCleared();
                }
            });
        }
    }

    /**
     * Records a fault. Called by the injector only; the fault event it may cause waits for {@link EventLine#deliver}.
     *
     * @param lowWord  the low word; bits 11:0 are dropped.
     * @param highWord the high word; F and reserved bits don't matter.
     * @return DELIVERED, or why it was dropped: QUEUE_FULL, OVERFLOW_PENDING or MERGED.
     */
    public FaultDisposition record(final long lowWord, final long highWord) {
        if (restart) {
            restart = false;
            next = 0;
        }
        final int index = next;
        final FaultDisposition refusal = refusal(index, FaultRecordingLayout.sourceId(highWord));
        if (refusal != null) {
            return refusal;
        }
        // The index moves before F is set, so that whoever looks for the oldest pending register starts behind this
        // one.
        next = index + 1 == low.length ? 0 : index + 1;
        registers.setRelease(low[index], lowWord & FaultRecordingLayout.FAULT_INFO);
        // The word with F comes last: software that sees F sees the whole record.
        registers.set(high[index], highWord & FaultRecordingLayout.HIGH_FIELDS | FaultRecordingLayout.FAULT);
        if ((registers.get(VtdRegisters.FSTS) & StatusFields.PRIMARY_PENDING_FAULT) == 0) {
            settlePending();
        }
        return FaultDisposition.DELIVERED;
    }

    private FaultDisposition refusal(final int index, final int sourceId) {
        while (true) {
            final long status = registers.get(VtdRegisters.FSTS);
            if ((status & StatusFields.PRIMARY_FAULT_OVERFLOW) != 0) {
                return FaultDisposition.OVERFLOW_PENDING;
            }
            if (compression && pendingOf(sourceId)) {
                return FaultDisposition.MERGED;
            }
            if (!pending(index)) {
                return null;
            }
            // Each further turn means that a vCPU changed FSTS or cleared the register meanwhile.
            if ((status & StatusFields.PRIMARY_PENDING_FAULT) == 0) {
                settlePending();
            } else if (registers.compareAndSet(VtdRegisters.FSTS, status,
                    status | StatusFields.PRIMARY_FAULT_OVERFLOW)) {
                return FaultDisposition.QUEUE_FULL;
            }
        }
    }

    /**
     * Tells the guest of faults that the host itself lost, in the only way there is: PFO, if a fault is pending.
     *
     * @return false if none is, so that the guest can't be told.
     */
    public boolean recordLoss() {
        while (true) {
            final long status = registers.get(VtdRegisters.FSTS);
            if ((status & StatusFields.PRIMARY_FAULT_OVERFLOW) != 0) {
                return true;
            }
            if ((status & StatusFields.PRIMARY_PENDING_FAULT) == 0) {
                return false;
            }
            if (registers.compareAndSet(VtdRegisters.FSTS, status, status | StatusFields.PRIMARY_FAULT_OVERFLOW)) {
                return true;
            }
        }
    }

    /** Lets the next record go to the first register. */
    public void restart() {
        restart = true;
    }

    /**
     * Begins anew if address and interrupt translation are both off (7.2.1).
     *
     * @param state what is in force.
     */
    public void remappingSwitched(final RemappingState state) {
        if (!state.translationEnabled() && !state.interruptRemappingEnabled()) {
            restart();
        }
    }

    /** A guest cleared an F: PPF and IP may have to fall. Runs on the vCPU thread. */
    private void faultCleared() {
        if (settlePending()) {
            line.deliver();
        }
        line.serviced();
    }

    /**
     * Brings PPF in line with the F bits and repeats until both are seen to agree. The caller has just changed one of
     * them; of all who did, the last to look makes it right.
     *
     * @return true if PPF rose here, which is an interrupt condition.
     */
    private boolean settlePending() {
        boolean rose = false;
        while (true) {
            final long status = registers.get(VtdRegisters.FSTS);
            final int first = firstPending();
            if (first >= 0 == ((status & StatusFields.PRIMARY_PENDING_FAULT) != 0)) {
                return rose;
            }
            if (first < 0) {
                registers.compareAndSet(VtdRegisters.FSTS, status, status & ~StatusFields.PRIMARY_PENDING_FAULT);
            } else {
                final long risen = status & ~StatusFields.FAULT_RECORD_INDEX | StatusFields.PRIMARY_PENDING_FAULT
                        | (long) first << StatusFields.FAULT_RECORD_INDEX_SHIFT;
                if (registers.compareAndSet(VtdRegisters.FSTS, status, risen)) {
                    line.raised(status);
                    rose = true;
                }
            }
        }
    }

    /** The register that was filled first of those in use, or -1: the ring's oldest place is the next to be filled. */
    private int firstPending() {
        final int start = next;
        for (int i = start; i < high.length; i++) {
            if (pending(i)) {
                return i;
            }
        }
        for (int i = 0; i < start; i++) {
            if (pending(i)) {
                return i;
            }
        }
        return -1;
    }

    private boolean pendingOf(final int sourceId) {
        for (final Register register : high) {
            final long word = registers.get(register);
            if (word < 0 && FaultRecordingLayout.sourceId(word) == sourceId) {
                return true;
            }
        }
        return false;
    }

    private boolean pending(final int index) {
        return registers.get(high[index]) < 0; // F is the sign bit
    }
}
