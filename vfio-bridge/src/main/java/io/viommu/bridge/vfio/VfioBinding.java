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
package io.viommu.bridge.vfio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import io.viommu.bridge.iommufd.nested.BoundDevice;
import io.viommu.bridge.uapi.VfioDevices.VfioAttachLayout;
import io.viommu.bridge.uapi.VfioDevices.VfioDetachLayout;
import io.viommu.bridge.uapi.VfioRequest;

/** A VFIO device as its iommufd knows it. */
public final class VfioBinding implements BoundDevice {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final VfioDevice device;
    private final int id;

    VfioBinding(final VfioDevice device, final int id) {
        this.device = device;
        this.id = id;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public void attach(final int table) {
        try (Arena arena = Arena.ofConfined()) {
            attach(arena, VfioAttachLayout.LENGTH_WITHOUT_PASID, table, 0);
        }
    }

    @Override
    public void attachPasid(final int pasid, final int table) {
        try (Arena arena = Arena.ofConfined()) {
            attach(arena, VfioAttachLayout.LENGTH, table, pasid);
        }
    }

    private void attach(final Arena arena, final int length, final int table, final int pasid) {
        final MemorySegment argument = VfioDevice.argument(arena, length);
        argument.set(INT, VfioAttachLayout.PT_ID, table);
        if (length > VfioAttachLayout.PASID) {
            argument.set(INT, VfioAttachLayout.FLAGS, VfioAttachLayout.FLAG_PASID);
            argument.set(INT, VfioAttachLayout.PASID, pasid);
        }
        device.call(VfioRequest.DEVICE_ATTACH_IOMMUFD_PT, argument, "VFIO_DEVICE_ATTACH_IOMMUFD_PT to table " + table);
    }

    @Override
    public void detach() {
        try (Arena arena = Arena.ofConfined()) {
            device.call(VfioRequest.DEVICE_DETACH_IOMMUFD_PT,
                    VfioDevice.argument(arena, VfioDetachLayout.LENGTH_WITHOUT_PASID), "VFIO_DEVICE_DETACH_IOMMUFD_PT");
        }
    }

    @Override
    public void detachPasid(final int pasid) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = VfioDevice.argument(arena, VfioDetachLayout.LENGTH);
            argument.set(INT, VfioDetachLayout.FLAGS, VfioDetachLayout.FLAG_PASID);
            argument.set(INT, VfioDetachLayout.PASID, pasid);
            device.call(VfioRequest.DEVICE_DETACH_IOMMUFD_PT, argument,
                    "VFIO_DEVICE_DETACH_IOMMUFD_PT of PASID " + pasid);
        }
    }

    @Override
    public void silence() {
        device.silence();
    }

    @Override
    public String toString() {
        return device + " (device " + id + ")";
    }
}
