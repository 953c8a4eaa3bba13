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

/**
 * {@code struct iommu_test_cmd} of the kernel source drivers/iommu/iommufd/iommufd_test.h: the argument of
 * IOMMU_TEST_CMD, which only kernels built with CONFIG_IOMMUFD_TEST know. What lies at bytes 16 to 63 depends on the
 * operation. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | op                                                            |   4
 * +---------------------------------------------------------------+
 * | id                                                            |   8
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  12
 * +---------------------------------------------------------------+
 * |                                                               |  16
 * | arguments, by operation                                       |
 * |                                                               |
 * +---------------------------------------------------------------+
 * |                                                               |  64
 * | last                                                          |  68
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class TestCmdLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 72;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the operation, four bytes. */
    public static final int OP = 4;
    /** Offset of the id of the object it is about, four bytes. */
    public static final int ID = 8;
    /** Offset of the arguments of the operation, 48 bytes. */
    public static final int ARGUMENTS = 16;
    /** Offset of the last field, 0, eight bytes. */
    public static final int LAST = 64;

    /**
     * Operation: make a mock device on IOAS {@link #ID}; the kernel writes its id at {@link #OUT_STDEV_ID}, the table
     * at {@link #OUT_HWPT_ID}, the iommufd device at {@link #OUT_IDEV_ID}.
     */
    public static final int OP_MOCK_DOMAIN = 2;
    /** Operation: attach mock device {@link #ID} to the table at byte 16. */
    public static final int OP_MOCK_DOMAIN_REPLACE = 10;
    /** Operation: as OP_MOCK_DOMAIN, with flags of the device at byte 28. */
    public static final int OP_MOCK_DOMAIN_FLAGS = 12;
    /**
     * Operation: raise a page request; byte 16 device, 20 PASID, 24 group, 28 permissions, 32 address (eight bytes).
     */
    public static final int OP_TRIGGER_IOPF = 15;
    /** Operation: raise an event of the device at byte 16. */
    public static final int OP_TRIGGER_VEVENT = 17;
    /** Operation: attach PASID (byte 16) of mock device {@link #ID} to the table at byte 20. */
    public static final int OP_PASID_ATTACH = 18;
    /** OP_MOCK_DOMAIN: offset of the mock device, four bytes. */
    public static final int OUT_STDEV_ID = 16;
    /** OP_MOCK_DOMAIN: offset of its page table, four bytes. */
    public static final int OUT_HWPT_ID = 20;
    /** OP_MOCK_DOMAIN: offset of the iommufd device, four bytes. */
    public static final int OUT_IDEV_ID = 24;
    /** OP_MOCK_DOMAIN_FLAGS: offset of the flags, four bytes. */
    public static final int IN_DEV_FLAGS = 28;

    private TestCmdLayout() {
    }
}
