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
package io.viommu.bridge;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultOutcome;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.fault.PageResponder;

/**
 * Answers recoverable faults that no vIOMMU took, as invalid, so that no device waits for ever: an observer for the
 * ingress and the pipelines. What a vIOMMU took, or answered itself, is left alone.
 */
public final class UnroutedAnswers implements FaultObserver {

    private static final long STALL = 1L << 31; // word 1 of an SMMUv3 event (IHI 0070, 7.3.13)

    private final PageResponder host;
    private final FaultObserver next;

    /**
     * Makes the observer.
     *
     * @param host takes the answers.
     * @param next looks too, afterwards.
     */
    public UnroutedAnswers(final PageResponder host, final FaultObserver next) {
        this.host = host;
        this.next = next;
    }

    @Override
    public void settled(final FaultRecord record, final FaultDisposition disposition) {
        if (disposition.outcome() == FaultOutcome.REJECTED && waits(record)) {
            host.respond(record.source(), record.cookie(), PageResponder.INVALID);
        }
        next.settled(record, disposition);
    }

    private static boolean waits(final FaultRecord record) {
        return switch (record.kind()) {
            case FaultKind.PAGE_REQUEST -> (record.word(0) & GenericFault.REQUEST_LAST_PAGE) != 0;
            case FaultKind.SMMU_EVENT -> (record.word(1) & STALL) != 0 && !record.emulated();
            default -> false;
        };
    }
}
