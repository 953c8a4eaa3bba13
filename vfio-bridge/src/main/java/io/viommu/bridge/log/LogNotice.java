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
 * A line that tells of faults without being one: a status, an overflow, lines that were suppressed.
 *
 * @param line
 *            number of the line, from 1
 * @param kind
 *            what the line says
 * @param value
 *            the number in it, see {@link Kind}; 0 where there is none
 */
public record LogNotice(long line, Kind kind, long value) {
    /** What a notice says. */
    public enum Kind {
        /** {@code DRHD: handling fault status reg}: the value is the Fault Status Register as read. */
        VTD_FAULT_STATUS,
        /** {@code dmar_fault: N callbacks suppressed}: the value counts suppressed printing, not faults. */
        VTD_SUPPRESSED,
        /** {@code DMAR: Dump dmar…}: a table dump follows a fault (kernel 5.17 and later). */
        VTD_TABLE_DUMP,
        /** {@code (XEN) printk: N messages suppressed.}: the value counts messages. */
        XEN_SUPPRESSED,
        /** {@code EVTQ overflow detected}: the SMMU lost events. */
        SMMU_EVENTS_LOST,
        /** {@code PRIQ overflow detected}: the SMMU lost page requests. */
        SMMU_PAGE_REQUESTS_LOST,
        /** {@code arm_smmu_…: N callbacks suppressed}: the value counts suppressed printing, not events. */
        SMMU_SUPPRESSED,
        /** {@code auto-suppressing events for sid}: the value is the StreamID. */
        SMMU_STREAM_SUPPRESSED,
        /**
         * Syslog's {@code message repeated N times}: the value is N. Words of an event that were left out in this way
         * are put back; faults are not multiplied.
         */
        MESSAGE_REPEATED,
        /** QEMU's {@code New fault is not recorded due to compression of faults}. */
        QEMU_FAULT_COMPRESSED
    }
}
