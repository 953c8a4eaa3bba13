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

package io.viommu.vmm.realguest;

import java.util.Map;

import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestRam;

/** What a model's identification registers promise, read from one that no guest has. */
final class Promise implements InterruptSink {

    private static final int SMMU_IDR0 = 0x00;
    private static final int SMMU_IDR3 = 0x0C;
    private static final int HTTU = 6;
    private static final int STALL_MODEL = 24;
    private static final int ST_LEVEL = 27;
    private static final int TTENDIAN = 21;
    private static final int BBM = 11;
    private static final int TWO_BITS = 3;

    private final VirtualIommu model;

    Promise(final String name, final Map<String, String> properties) {
        model = IommuModels.create(name, properties, new IommuPlatform(new GuestRam(), this, HostIommu.NONE));
    }

    long register(final int offset, final int size) {
        return model.read(offset, size);
    }

    /**
     * Linux's features of an SMMUv3, from IDR0 and IDR3 (IHI 0070, 6.3.1 and 6.3.4), in the bits that Linux 7 prints.
     */
    int smmuFeatures() {
        final int idr0 = (int) register(SMMU_IDR0, Integer.BYTES);
        final int idr3 = (int) register(SMMU_IDR3, Integer.BYTES);
        final int stages = idr0 & TWO_BITS;
        final int endian = idr0 >> TTENDIAN & TWO_BITS;
        final int stalls = idr0 >> STALL_MODEL & TWO_BITS;
        final int updates = idr0 >> HTTU & TWO_BITS;
        final boolean[] features = new boolean[25];
        features[0] = (idr0 >> ST_LEVEL & TWO_BITS) == 1; // two levels of stream table
        features[1] = bit(idr0, 19); // two levels of CD table
        features[2] = endian == 0 || endian == 2; // little-endian tables
        features[3] = endian == 0 || endian == 3; // big-endian ones
        features[4] = bit(idr0, 16); // PRI
        features[5] = bit(idr0, 10); // ATS
        features[6] = bit(idr0, 14); // SEV
        features[7] = bit(idr0, 13); // MSI
        features[8] = bit(idr0, 4); // COHACC
        features[9] = bit(idr0, 1); // stage 1
        features[10] = bit(idr0, 0); // stage 2
        features[11] = stalls == 0 || stalls == 2; // stalls
        features[12] = bit(idr0, 9); // Hyp
        features[13] = stalls == 2; // nothing but stalls
        features[15] = bit(idr3, 10); // range invalidation
        features[19] = stages == TWO_BITS; // nesting
        features[21] = updates >= 1; // access flag
        features[22] = updates == 2; // dirty state
        features[23] = bit(idr3, 8); // S2FWB
        features[24] = (idr3 >> BBM & TWO_BITS) == 2; // level 2 of BBML
        int mask = 0;
        for (int i = 0; i < features.length; i++) {
            mask |= features[i] ? 1 << i : 0;
        }
        return mask;
    }

    private static boolean bit(final int register, final int number) {
        return (register >> number & 1) != 0;
    }

    @Override
    public boolean message(final long address, final int data) {
        return true;
    }

    @Override
    public void line(final int line, final boolean level) {
        // nobody is at its other end
    }
}
