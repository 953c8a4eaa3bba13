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
package io.viommu.bridge.log;

/**
 * One fault found in a log. A fault that can't be injected, because the log has lost or mangled a part of it, is
 * reported all the same, with everything that was read and with a {@link #rejection()}.
 */
public sealed interface LogFault permits SmmuLogEvent, SmmuLogPageRequest, VtdLogFault {
    /** The IOMMU that recorded the fault. */
    enum Architecture {
        /** Arm SMMUv3, IHI 0070. */
        SMMUV3,
        /** Intel VT-d. */
        VTD
    }

    /** What was recorded. */
    enum Kind {
        /** An SMMUv3 event record: four words. */
        SMMU_EVENT,
        /** An SMMUv3 page request (PRI queue entry): two words. */
        SMMU_PAGE_REQUEST,
        /** A VT-d DMA-remapping fault: two words. */
        VTD_DMA_FAULT,
        /** A VT-d interrupt-remapping fault: two words. */
        VTD_INTERRUPT_FAULT
    }

    /**
     * Where the fault starts.
     *
     * @return the number of its first line, 1 for the first line of the log
     */
    long line();

    /**
     * What was recorded.
     *
     * @return the kind of the fault
     */
    Kind kind();

    /**
     * The record as the hardware wrote it, or as rebuilt from the text.
     *
     * @return the words; fewer than the kind has, or none, only when the fault is rejected
     */
    RawWords words();

    /**
     * Why the fault can't be injected.
     *
     * @return one sentence, or null when the fault is whole
     */
    String rejection();

    /**
     * The IOMMU that recorded the fault.
     *
     * @return the architecture
     */
    default Architecture architecture() {
        return switch (kind()) {
            case SMMU_EVENT, SMMU_PAGE_REQUEST -> Architecture.SMMUV3;
            case VTD_DMA_FAULT, VTD_INTERRUPT_FAULT -> Architecture.VTD;
        };
    }

    /**
     * Whether the fault can't be injected.
     *
     * @return true when there is a {@link #rejection()}
     */
    default boolean rejected() {
        return rejection() != null;
    }
}
