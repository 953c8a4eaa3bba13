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
 * <p>A read delivers whole groups and numbers each with a cookie: the lowest one not in use, from 1, so a cookie comes
 * again as soon as it has been answered.
 */
public final class PgfaultLayout {

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
