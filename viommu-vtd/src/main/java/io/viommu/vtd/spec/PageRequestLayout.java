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
 * The page request queue (VT-d 11.4.11) and its 256-bit descriptors (VT-d 7.4.1.1).
 *
 * <pre>
 *         63      54  53  52  51          32 31        16 15     9  8  7      0
 *        +----------+---+---+---------------+------------+--------+---+--------+
 * word 0 |    0     |PMR|EXR|     PASID     |    RID     |   0    |PP |  01h   |
 *        +----------+---+---+---------------+------------+--------+---+--------+
 *         63                                        12 11      3   2   1   0
 *        +--------------------------------------------+---------+----+---+---+
 * word 1 |                   address                  |  PRGI   |LPIG|WRR|RDR|
 *        +--------------------------------------------+---------+----+---+---+
 * words 2 and 3: 0
 * </pre>
 */
public final class PageRequestLayout {

    /** Bytes of a descriptor. */
    public static final int LENGTH = 32;

    /** PQA: the queue's address. */
    public static final long QUEUE_ADDRESS = ~0xFFFL;
    /** PQA.PQS: the queue has 2^PQS pages. */
    public static final int QUEUE_SIZE = 7;
    /** PQH and PQT: the offset. */
    public static final long QUEUE_OFFSET = 0x7_FFE0;

    /** Word 0: the type of a page request. */
    public static final long TYPE = 1;
    /** Word 0: the PASID is valid. */
    public static final long PASID_PRESENT = 1L << 8;
    /** Place of the requester id in word 0. */
    public static final int REQUESTER_SHIFT = 16;
    /** Place of the PASID in word 0. */
    public static final int PASID_SHIFT = 32;
    /** Word 0: execute permission requested. */
    public static final long EXECUTE = 1L << 52;
    /** Word 0: supervisor privilege requested. */
    public static final long PRIVILEGED = 1L << 53;

    /** Word 1: read permission requested. */
    public static final long READ = 1;
    /** Word 1: write permission requested. */
    public static final long WRITE = 1L << 1;
    /** Word 1: last of its group; the group is to be answered. */
    public static final long LAST = 1L << 2;
    /** Place of the group index in word 1. */
    public static final int GROUP_SHIFT = 3;
    /** Bits of a group index. */
    public static final int GROUP_MASK = 0x1FF;
    /** Word 1: the page. */
    public static final long ADDRESS = ~0xFFFL;

    /** Response code: served. */
    public static final int SUCCESS = 0;
    /** Response code: not to be served. */
    public static final int INVALID = 1;
    /** Response code: serving failed. */
    public static final int FAILURE = 15;

    private PageRequestLayout() {
    }
}
