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

package io.viommu.vtd.spec;

/**
 * The status registers and the three event control registers (VT-d 11.4.7.1, 11.4.7.2, 11.4.9.4, 11.4.9.5, 11.4.11.4,
 * 11.4.11.5).
 *
 * <pre>
 *          31  30  29       16 15     8  7   6   5   4   3 2  1   0
 *        +-------------------+--------+---+---+---+---+-----+---+---+
 *  FSTS  |         0         |  FRI   | 0 |ITE|ICE|IQE|  0  |PPF|PFO|
 *        +-------------------+--------+---+---+---+---+-----+---+---+
 *  ICS   |                         0                            |IWC|
 *        +--------------------------------------------------+---+---+
 *  PRS   |                         0                        |PRO|PPR|
 *        +---+---+------------------------------------------+---+---+
 *  FECTL |IM |IP |                      0                           |   IECTL and PECTL alike
 *        +---+---+--------------------------------------------------+
 * </pre>
 */
public final class StatusFields {

    /** FSTS.PFO: a fault met a full set of fault recording registers. W1C. */
    public static final long PRIMARY_FAULT_OVERFLOW = 1;
    /** FSTS.PPF: the OR of the F bits of all fault recording registers. Read-only. */
    public static final long PRIMARY_PENDING_FAULT = 1L << 1;
    /** FSTS.IQE: the invalidation queue stopped at an error. W1C. */
    public static final long INVALIDATION_QUEUE_ERROR = 1L << 4;
    /** FSTS.ICE: an invalid completion of a device-TLB invalidation. W1C. */
    public static final long INVALIDATION_COMPLETION_ERROR = 1L << 5;
    /** FSTS.ITE: a device-TLB invalidation timed out. W1C. */
    public static final long INVALIDATION_TIMEOUT_ERROR = 1L << 6;
    /** FSTS.FRI: where the first pending fault was recorded; valid while PPF is set. */
    public static final long FAULT_RECORD_INDEX = 0xFFL << 8;
    /** Place of FSTS.FRI. */
    public static final int FAULT_RECORD_INDEX_SHIFT = 8;
    /** The fields of FSTS that make up its interrupt condition (7.3). */
    public static final long FAULT_CONDITIONS = PRIMARY_FAULT_OVERFLOW | PRIMARY_PENDING_FAULT
            | INVALIDATION_QUEUE_ERROR | INVALIDATION_COMPLETION_ERROR | INVALIDATION_TIMEOUT_ERROR;

    /** ICS.IWC: a wait descriptor with its interrupt flag set was completed. W1C. */
    public static final long INVALIDATION_WAIT_COMPLETE = 1;

    /** PRS.PPR: a page request was written to the queue. W1C. */
    public static final long PENDING_PAGE_REQUEST = 1;
    /** PRS.PRO: a page request met a full queue. W1C. */
    public static final long PAGE_REQUEST_OVERFLOW = 1L << 1;

    /** FECTL, IECTL, PECTL: the message is masked. */
    public static final long INTERRUPT_MASK = 1L << 31;
    /** FECTL, IECTL, PECTL: a message is owed. Read-only. */
    public static final long INTERRUPT_PENDING = 1L << 30;

    private StatusFields() {
    }
}
