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

package io.viommu.fault;

/**
 * The architecture-neutral codes of a fault, those of {@code struct iommu_fault} (Linux uapi, 5.3 to 6.10) and of the
 * iommufd page-fault record.
 */
public final class GenericFault {

    /** No reason was given. */
    public static final int REASON_UNKNOWN = 0;
    /** Could not access the PASID table: the descriptor fetch aborted. */
    public static final int REASON_PASID_FETCH = 1;
    /** The PASID entry (context descriptor) is invalid or has reserved settings. */
    public static final int REASON_BAD_PASID_ENTRY = 2;
    /** The PASID is out of range or not enabled for the device. */
    public static final int REASON_PASID_INVALID = 3;
    /** A table walk aborted. */
    public static final int REASON_WALK_EABT = 4;
    /** No valid translation. */
    public static final int REASON_PTE_FETCH = 5;
    /** The translation does not allow the access. */
    public static final int REASON_PERMISSION = 6;
    /** The access flag is clear. */
    public static final int REASON_ACCESS = 7;
    /** The output address is out of range. */
    public static final int REASON_OOR_ADDRESS = 8;

    /** Unrecoverable: the PASID is valid. */
    public static final int FLAG_PASID_VALID = 1;
    /** Unrecoverable: the address is valid. */
    public static final int FLAG_ADDR_VALID = 2;
    /** Unrecoverable: the fetch address is valid. */
    public static final int FLAG_FETCH_ADDR_VALID = 4;

    /** Page request: the PASID is valid. */
    public static final int REQUEST_PASID_VALID = 1;
    /** Page request: last of its group. */
    public static final int REQUEST_LAST_PAGE = 2;

    /** Permission: read. */
    public static final int PERM_READ = 1;
    /** Permission: write. */
    public static final int PERM_WRITE = 2;
    /** Permission: execute. */
    public static final int PERM_EXEC = 4;
    /** Permission: privileged. */
    public static final int PERM_PRIV = 8;

    private GenericFault() {
    }
}
