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
package io.viommu.bridge.uapi;

/** The fault queue and the vEVENTQ of linux/iommufd.h: how they are made, and what is read from and written to them. */
public final class IommufdQueues {

    private IommufdQueues() {
    }

    /**
     * {@code struct iommu_fault_alloc} of linux/iommufd.h: the argument of IOMMU_FAULT_QUEUE_ALLOC, known since Linux
     * 6.11. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | size                                                          |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | out_fault_id                                                  |   8
     * +---------------------------------------------------------------+
     * | out_fault_fd                                                  |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class FaultAllocLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of the size of this structure, four bytes. */
        public static final int SIZE = 0;
        /** Offset of the flags, 0, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the new queue's id, written by the kernel, four bytes. */
        public static final int OUT_FAULT_ID = 8;
        /** Offset of the new queue's descriptor, written by the kernel, four bytes. */
        public static final int OUT_FAULT_FD = 12;

        private FaultAllocLayout() {
        }
    }

    /**
     * {@code struct iommu_hwpt_pgfault} of linux/iommufd.h: one recoverable fault (PRI page request or SMMU stall) as a
     * read of a fault queue delivers it, since Linux 6.11. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | flags                                                         |   0
     * +---------------------------------------------------------------+
     * | dev_id                                                        |   4
     * +---------------------------------------------------------------+
     * | pasid                                                         |   8
     * +---------------------------------------------------------------+
     * | grpid                                                         |  12
     * +---------------------------------------------------------------+
     * | perm                                                          |  16
     * +---------------------------------------------------------------+
     * | reserved, 0                                                   |  20
     * +---------------------------------------------------------------+
     * |                                                               |  24
     * | addr                                                          |  28
     * +---------------------------------------------------------------+
     * | length                                                        |  32
     * +---------------------------------------------------------------+
     * | cookie                                                        |  36
     * +---------------------------------------------------------------+
     * </pre>
     *
     * <p>A read delivers whole groups and numbers each with a cookie: the lowest one not in use, from 1, so a cookie
     * comes again as soon as it has been answered.
     */
    public static final class PgfaultLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 40;

        /** Offset of the flags; the kernel may pass others of its own, so mask them, four bytes. */
        public static final int FLAGS = 0;
        /** Offset of the device's id, four bytes. */
        public static final int DEV_ID = 4;
        /** Offset of the PASID, valid with its flag, four bytes. */
        public static final int PASID = 8;
        /** Offset of the page request group index, or the stall tag, four bytes. */
        public static final int GRPID = 12;
        /** Offset of the permissions asked for, four bytes. */
        public static final int PERM = 16;
        /** Offset of the address, eight bytes. */
        public static final int ADDR = 24;
        /** Offset of how much more will be asked for; always 0 so far, four bytes. */
        public static final int LENGTH_HINT = 32;
        /** Offset of the cookie of the group, four bytes. */
        public static final int COOKIE = 36;

        /** The PASID is valid. */
        public static final int FLAG_PASID_VALID = 1;
        /** Last of its group. */
        public static final int FLAG_LAST_PAGE = 2;
        /** Permission: read. */
        public static final int PERM_READ = 1;
        /** Permission: write. */
        public static final int PERM_WRITE = 2;
        /** Permission: execute. */
        public static final int PERM_EXEC = 4;
        /** Permission: privileged. */
        public static final int PERM_PRIV = 8;

        private PgfaultLayout() {
        }
    }

    /**
     * {@code struct iommu_hwpt_page_response} of linux/iommufd.h: the answer to a group, written to the fault queue.
     * Any other code gives EINVAL, PCI's "response failure" too. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | cookie                                                        |   0
     * +---------------------------------------------------------------+
     * | code                                                          |   4
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class PageResponseLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 8;

        /** Offset of the cookie of the group, four bytes. */
        public static final int COOKIE = 0;
        /** Offset of the code, four bytes. */
        public static final int CODE = 4;

        /** Code: retry. */
        public static final int SUCCESS = 0;
        /** Code: don't retry. */
        public static final int INVALID = 1;

        private PageResponseLayout() {
        }
    }

    /**
     * {@code struct iommu_veventq_alloc} of linux/iommufd.h: the argument of IOMMU_VEVENTQ_ALLOC, known since Linux
     * 6.15. A vIOMMU has at most one queue of a type: EEXIST. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | size                                                          |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | viommu_id                                                     |   8
     * +---------------------------------------------------------------+
     * | type                                                          |  12
     * +---------------------------------------------------------------+
     * | veventq_depth                                                 |  16
     * +---------------------------------------------------------------+
     * | out_veventq_id                                                |  20
     * +---------------------------------------------------------------+
     * | out_veventq_fd                                                |  24
     * +---------------------------------------------------------------+
     * | reserved, 0                                                   |  28
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VeventqAllocLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 32;

        /** Offset of the size of this structure, four bytes. */
        public static final int SIZE = 0;
        /** Offset of the flags, 0, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the vIOMMU's id, four bytes. */
        public static final int VIOMMU_ID = 8;
        /** Offset of the type, four bytes. */
        public static final int TYPE = 12;
        /** Offset of the number of events it holds, 1 to 524288, four bytes. */
        public static final int VEVENTQ_DEPTH = 16;
        /** Offset of the new queue's id, written by the kernel, four bytes. */
        public static final int OUT_VEVENTQ_ID = 20;
        /** Offset of the new queue's descriptor, written by the kernel, four bytes. */
        public static final int OUT_VEVENTQ_FD = 24;

        /** Type: events of Arm SMMUv3. */
        public static final int TYPE_ARM_SMMUV3 = 1;
        /** The deepest queue. */
        public static final int MAX_DEPTH = 1 << 19;

        private VeventqAllocLayout() {
        }
    }

    /**
     * {@code struct iommufd_vevent_header} of linux/iommufd.h: what stands before each event in a read of a vEVENTQ,
     * since Linux 6.15. How long the event behind it is depends on the type of the queue alone; behind a LOST_EVENTS
     * header there is none. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | flags                                                         |   0
     * +---------------------------------------------------------------+
     * | sequence                                                      |   4
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VeventHeaderLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 8;

        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 0;
        /** Offset of the number of the event, 0 to 0x7fffffff, then 0 again, four bytes. */
        public static final int SEQUENCE = 4;

        /** Events up to this number were lost; no event follows. */
        public static final int FLAG_LOST_EVENTS = 1;
        /** Numbers count modulo 2^31. */
        public static final int SEQUENCE_MASK = 0x7FFF_FFFF;

        private VeventHeaderLayout() {
        }
    }

    /**
     * {@code struct iommu_vevent_arm_smmuv3} of linux/iommufd.h: an SMMUv3 event record (IHI 0070, 7.3), little-endian,
     * whose StreamID is the virtual one. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * |                                                               |   0
     * | evt[0]                                                        |   4
     * +---------------------------------------------------------------+
     * |                                                               |   8
     * | evt[1]                                                        |  12
     * +---------------------------------------------------------------+
     * |                                                               |  16
     * | evt[2]                                                        |  20
     * +---------------------------------------------------------------+
     * |                                                               |  24
     * | evt[3]                                                        |  28
     * +---------------------------------------------------------------+
     *
     * evt[0]:  63:32 StreamID   31:12 SubstreamID   11 SSV   7:0 type
     * </pre>
     */
    public static final class VeventArmSmmuv3Layout {

        /** Bytes of the structure. */
        public static final int LENGTH = 32;

        /** Offset of word 0 of the record; words 1 to 3 follow, eight bytes. */
        public static final int EVT = 0;

        /** Word 0: the event's number. */
        public static final long TYPE = 0xFF;
        /** Word 0: the SubstreamID is valid. */
        public static final long SSV = 1L << 11;
        /** Word 0: place of the SubstreamID. */
        public static final int SUBSTREAM_SHIFT = 12;
        /** The 20 bits of a SubstreamID. */
        public static final int SUBSTREAM_MASK = 0xF_FFFF;
        /** The type that has a SubstreamID without SSV (7.3.9). */
        public static final long C_BAD_SUBSTREAMID = 0x08;

        private VeventArmSmmuv3Layout() {
        }
    }
}
