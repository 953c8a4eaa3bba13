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

package io.viommu.pipeline;

import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.VirtualIommu;
import io.viommu.lifecycle.Worker;

/**
 * The only one who puts faults into a vIOMMU: takes each record of a batch, counts how it ended, and lets the interrupt
 * go at the end. Runs on the injector thread, or on whichever thread drains in run-to-completion mode, never on two at
 * once.
 *
 * <p>Nothing gets out of it: whatever the model, the VMM's memory and sink beneath it, the observer or a logger throws,
 * the fault at hand is counted once, and the next one goes on.
 */
final class Injector {

    private static final System.Logger LOG = System.getLogger(Injector.class.getName());
    private static final FaultDisposition[] DISPOSITIONS = FaultDisposition.values();

    private final VirtualIommu iommu;
    private final FaultAccount account;
    private final FaultObserver observer;
    private final long[] batch = new long[DISPOSITIONS.length];
    private long touched;
    private long lost;
    private boolean failureLogged;

    Injector(final VirtualIommu iommu, final FaultAccount account, final FaultObserver observer) {
        this.iommu = iommu;
        this.account = account;
        this.observer = observer;
    }

    void take(final FaultRecord record, final boolean endOfBatch) {
        // A slot of kind NONE was claimed while the pipeline closed; its producer has counted the fault.
        if (record.kind() != FaultKind.NONE) {
            inject(record);
        }
        if (endOfBatch) {
            endBatch();
        }
    }

    /** A model never throws on what a guest did; if it does all the same, one fault is lost by name, not the road. */
    private void inject(final FaultRecord record) {
        FaultDisposition disposition = null;
        try {
            disposition = iommu.inject(record);
        } catch (final Throwable defect) {
            logOnce(defect);
        }
        if (disposition == null) {
            disposition = FaultDisposition.MODEL_FAILURE;
        }
        final int index = disposition.ordinal();
        batch[index]++;
        touched |= 1L << index;
        if (record.kind() == FaultKind.LOST_EVENTS) {
            lost += record.word(0);
        }
        try {
            observer.settled(record, disposition);
        } catch (final Throwable thrown) {
            logOnce(thrown);
        }
    }

    /** Counts the batch and lets the interrupt go. */
    void endBatch() {
        try {
            count();
        } catch (final Throwable failed) {
            logOnce(failed); // what is not counted yet is so with the next batch
        }
        try {
            iommu.endOfBatch();
        } catch (final Throwable defect) {
            logOnce(defect);
        }
        if (lost != 0) {
            reportLoss();
        }
    }

    private void count() {
        for (long left = touched; left != 0; left &= left - 1) {
            final int index = Long.numberOfTrailingZeros(left);
            account.add(DISPOSITIONS[index], batch[index]);
            batch[index] = 0;
            touched &= ~(1L << index);
        }
    }

    /** After the batch has reached the guest: a loss is rare, and what was not lost doesn't wait for the log. */
    private void reportLoss() {
        try {
            account.addLost(lost);
            LOG.log(System.Logger.Level.WARNING, "the host lost {0} faults for {1} before they could be read",
                    Long.toUnsignedString(lost), account.name());
        } catch (final Throwable failed) {
            logOnce(failed);
        }
        lost = 0;
    }

    private void logOnce(final Throwable defect) {
        if (!failureLogged) {
            failureLogged = true;
            Worker.log(LOG, "the vIOMMU model, or what it or the observer called, failed; further failures are only"
                    + " counted", defect);
        }
    }
}
