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

import org.agrona.DirectBuffer;

import io.viommu.bridge.uapi.VfioDevices.VfioCapHeaderLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioIrqInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioRegionTypeLayout;

/**
 * An interrupt index of a device: what VFIO_DEVICE_GET_IRQ_INFO tells of it.
 *
 * @param index   its number.
 * @param flags   of {@link VfioIrqInfoLayout}.
 * @param count   interrupts of this index, 0 if the device has none.
 * @param type    its type, 0 for the interrupts of the bus itself.
 * @param subtype its subtype.
 */
public record VfioInterrupt(int index, int flags, int count, int type, int subtype) {

    static VfioInterrupt decode(final DirectBuffer info) {
        final int flags = info.getInt(VfioIrqInfoLayout.FLAGS);
        final boolean chained = (flags & VfioIrqInfoLayout.FLAG_CAPS) != 0
                && info.capacity() >= VfioIrqInfoLayout.CAP_OFFSET + Integer.BYTES;
        final int type = new CapabilityChain("interrupt info", info,
                VfioIrqInfoLayout.CAP_OFFSET + Integer.BYTES, chained ? info.getInt(VfioIrqInfoLayout.CAP_OFFSET) : 0)
                .find(VfioCapHeaderLayout.ID_IRQ_TYPE, VfioRegionTypeLayout.LENGTH);
        return new VfioInterrupt(info.getInt(VfioIrqInfoLayout.INDEX), flags, info.getInt(VfioIrqInfoLayout.COUNT),
                type == 0 ? 0 : info.getInt(type + VfioRegionTypeLayout.TYPE),
                type == 0 ? 0 : info.getInt(type + VfioRegionTypeLayout.SUBTYPE));
    }
}
