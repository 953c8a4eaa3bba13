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
 * Request numbers of linux/vfio.h, {@code _IO(';', 100 + n)}: neither size nor direction is in them, so one number
 * serves every revision of its structure.
 */
public final class VfioRequest {

    /** VFIO_GET_API_VERSION, of a container. */
    public static final int GET_API_VERSION = 0x3B64;
    /** VFIO_CHECK_EXTENSION, of a container; the argument is the extension itself. */
    public static final int CHECK_EXTENSION = 0x3B65;
    /** VFIO_SET_IOMMU, of a container; the argument is the type itself. */
    public static final int SET_IOMMU = 0x3B66;
    /** VFIO_GROUP_GET_STATUS, {@link VfioDevices.VfioGroupStatusLayout}. */
    public static final int GROUP_GET_STATUS = 0x3B67;
    /** VFIO_GROUP_SET_CONTAINER, a descriptor of four bytes. */
    public static final int GROUP_SET_CONTAINER = 0x3B68;
    /** VFIO_GROUP_UNSET_CONTAINER, no argument. */
    public static final int GROUP_UNSET_CONTAINER = 0x3B69;
    /** VFIO_GROUP_GET_DEVICE_FD, the device's name as a C string; the result is the descriptor. */
    public static final int GROUP_GET_DEVICE_FD = 0x3B6A;
    /** VFIO_DEVICE_RESET, no argument. */
    public static final int DEVICE_RESET = 0x3B6F;
    /** VFIO_IOMMU_MAP_DMA, {@link VfioDevices.VfioDmaMapLayout}. */
    public static final int IOMMU_MAP_DMA = 0x3B71;
    /** VFIO_IOMMU_UNMAP_DMA, {@link VfioDevices.VfioDmaUnmapLayout}. */
    public static final int IOMMU_UNMAP_DMA = 0x3B72;
    /** CHECK_EXTENSION and SET_IOMMU: VFIO_TYPE1v2_IOMMU. */
    public static final int TYPE1V2_IOMMU = 3;

    /** VFIO_DEVICE_GET_INFO, {@link VfioDevices.VfioDeviceInfoLayout}. */
    public static final int DEVICE_GET_INFO = 0x3B6B;
    /** VFIO_DEVICE_GET_REGION_INFO, {@link VfioRegions.VfioRegionInfoLayout}. */
    public static final int DEVICE_GET_REGION_INFO = 0x3B6C;
    /** VFIO_DEVICE_GET_IRQ_INFO, {@link VfioRegions.VfioIrqInfoLayout}. */
    public static final int DEVICE_GET_IRQ_INFO = 0x3B6D;
    /** VFIO_DEVICE_SET_IRQS, {@link VfioRegions.VfioIrqSetLayout}. */
    public static final int DEVICE_SET_IRQS = 0x3B6E;
    /** VFIO_DEVICE_BIND_IOMMUFD, {@link VfioDevices.VfioBindLayout}. */
    public static final int DEVICE_BIND_IOMMUFD = 0x3B76;
    /** VFIO_DEVICE_ATTACH_IOMMUFD_PT, {@link VfioDevices.VfioAttachLayout}. */
    public static final int DEVICE_ATTACH_IOMMUFD_PT = 0x3B77;
    /** VFIO_DEVICE_DETACH_IOMMUFD_PT, {@link VfioDevices.VfioDetachLayout}. */
    public static final int DEVICE_DETACH_IOMMUFD_PT = 0x3B78;

    private VfioRequest() {
    }
}
