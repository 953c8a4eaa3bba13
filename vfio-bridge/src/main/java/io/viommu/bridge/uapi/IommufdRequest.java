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
 * Requests of /dev/iommu: {@code _IO(';', 0x80 + n)}. Neither size nor direction is in the number, so one number serves
 * every revision of its structure; a kernel that is too old answers ENOTTY.
 */
public enum IommufdRequest {
    /** IOMMU_DESTROY, since Linux 6.2. */
    DESTROY(0x3B80, "6.2"),
    /** IOMMU_IOAS_ALLOC, since Linux 6.2. */
    IOAS_ALLOC(0x3B81, "6.2"),
    /** IOMMU_IOAS_ALLOW_IOVAS, since Linux 6.2. */
    IOAS_ALLOW_IOVAS(0x3B82, "6.2"),
    /** IOMMU_IOAS_COPY, since Linux 6.2. */
    IOAS_COPY(0x3B83, "6.2"),
    /** IOMMU_IOAS_IOVA_RANGES, since Linux 6.2. */
    IOAS_IOVA_RANGES(0x3B84, "6.2"),
    /** IOMMU_IOAS_MAP, since Linux 6.2. */
    IOAS_MAP(0x3B85, "6.2"),
    /** IOMMU_IOAS_UNMAP, since Linux 6.2. */
    IOAS_UNMAP(0x3B86, "6.2"),
    /** IOMMU_OPTION, since Linux 6.2. */
    OPTION(0x3B87, "6.2"),
    /** IOMMU_VFIO_IOAS, since Linux 6.2. */
    VFIO_IOAS(0x3B88, "6.2"),
    /** IOMMU_HWPT_ALLOC, since Linux 6.6. */
    HWPT_ALLOC(0x3B89, "6.6"),
    /** IOMMU_GET_HW_INFO, since Linux 6.6. */
    GET_HW_INFO(0x3B8A, "6.6"),
    /** IOMMU_HWPT_SET_DIRTY_TRACKING, since Linux 6.7. */
    HWPT_SET_DIRTY_TRACKING(0x3B8B, "6.7"),
    /** IOMMU_HWPT_GET_DIRTY_BITMAP, since Linux 6.7. */
    HWPT_GET_DIRTY_BITMAP(0x3B8C, "6.7"),
    /** IOMMU_HWPT_INVALIDATE, since Linux 6.8. */
    HWPT_INVALIDATE(0x3B8D, "6.8"),
    /** IOMMU_FAULT_QUEUE_ALLOC, since Linux 6.11. */
    FAULT_QUEUE_ALLOC(0x3B8E, "6.11"),
    /** IOMMU_IOAS_MAP_FILE, since Linux 6.13. */
    IOAS_MAP_FILE(0x3B8F, "6.13"),
    /** IOMMU_VIOMMU_ALLOC, since Linux 6.13. */
    VIOMMU_ALLOC(0x3B90, "6.13"),
    /** IOMMU_VDEVICE_ALLOC, since Linux 6.13. */
    VDEVICE_ALLOC(0x3B91, "6.13"),
    /** IOMMU_IOAS_CHANGE_PROCESS, since Linux 6.14. */
    IOAS_CHANGE_PROCESS(0x3B92, "6.14"),
    /** IOMMU_VEVENTQ_ALLOC, since Linux 6.15. */
    VEVENTQ_ALLOC(0x3B93, "6.15"),
    /** IOMMU_HW_QUEUE_ALLOC, since Linux 6.17. */
    HW_QUEUE_ALLOC(0x3B94, "6.17"),
    /** IOMMU_TEST_CMD, only in kernels built with CONFIG_IOMMUFD_TEST. */
    TEST_CMD(0x3BA0, null);

    private final int number;
    private final String since;

    IommufdRequest(final int number, final String since) {
        this.number = number;
        this.since = since;
    }

    /**
     * The number that ioctl(2) takes.
     *
     * @return 0x3b80 and up.
     */
    public int number() {
        return number;
    }

    /**
     * What a kernel must be to know it.
     *
     * @return a clause such as {@code "Linux 6.11 or newer"}.
     */
    public String needs() {
        return since == null ? "a kernel built with CONFIG_IOMMUFD_TEST" : "Linux " + since + " or newer";
    }
}
