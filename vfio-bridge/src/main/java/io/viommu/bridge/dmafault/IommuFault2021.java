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
package io.viommu.bridge.dmafault;

import io.viommu.fault.GenericFault;

/**
 * {@code struct iommu_fault} of include/uapi/linux/iommu.h, Linux 5.3 to 6.10: what an entry of the 2021 region holds.
 * Host byte order; the codes of reason, flags and permissions are those of {@link GenericFault}.
 *
 * <pre>
 *        type = 1, unrecoverable                 type = 2, page request
 *   0  +-------------------------------+       +-------------------------------+
 *      | type          | padding       |       | type          | padding       |
 *   8  +-------------------------------+       +-------------------------------+
 *      | reason        | flags         |       | flags         | pasid         |
 *  16  +-------------------------------+       +-------------------------------+
 *      | pasid         | permissions   |       | group index   | permissions   |
 *  24  +-------------------------------+       +-------------------------------+
 *      | address                       |       | address                       |
 *  32  +-------------------------------+       +-------------------------------+
 *      | fetch address                 |       | private data [0]              |
 *  40  +-------------------------------+       +-------------------------------+
 *      | unused                        |       | private data [1]              |
 *  48  |                               |       +-------------------------------+
 *      |                               |       | unused                        |
 *  64  +-------------------------------+       +-------------------------------+
 * </pre>
 */
public final class IommuFault2021 {

    /** Bytes of the structure. */
    public static final int LENGTH = 64;

    /** Offset of the type, 4 bytes. */
    public static final int TYPE = 0;
    /** Type: an unrecoverable fault. */
    public static final int TYPE_UNRECOVERABLE = 1;
    /** Type: a page request. */
    public static final int TYPE_PAGE_REQUEST = 2;

    /** Unrecoverable: offset of the reason, 4 bytes. */
    public static final int REASON = 8;
    /** Unrecoverable: offset of the flags, 4 bytes. */
    public static final int FLAGS = 12;
    /** Unrecoverable: offset of the PASID, 4 bytes. */
    public static final int PASID = 16;
    /** Both: offset of the permissions, 4 bytes. */
    public static final int PERMISSIONS = 20;
    /** Both: offset of the address, 8 bytes. */
    public static final int ADDRESS = 24;
    /** Unrecoverable: offset of the address whose fetch aborted, 8 bytes. */
    public static final int FETCH_ADDRESS = 32;

    /** Page request: offset of the flags, 4 bytes. */
    public static final int REQUEST_FLAGS = 8;
    /** Page request: offset of the PASID, 4 bytes. */
    public static final int REQUEST_PASID = 12;
    /** Page request: offset of the page request group index, 4 bytes. */
    public static final int REQUEST_GROUP = 16;
    /** Page request: offset of the private data, two times 8 bytes. */
    public static final int REQUEST_PRIVATE_DATA = 32;

    /** Page request flag: the private data is valid. */
    public static final int REQUEST_FLAG_PRIVATE_DATA = 4;

    /** The largest reason, IOMMU_FAULT_REASON_OOR_ADDRESS. */
    public static final int LAST_REASON = GenericFault.REASON_OOR_ADDRESS;

    private IommuFault2021() {
    }
}
