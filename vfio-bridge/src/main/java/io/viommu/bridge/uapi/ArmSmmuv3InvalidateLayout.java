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
 * {@code struct iommu_viommu_arm_smmuv3_invalidate} of linux/iommufd.h: one command of the guest as it stands in its
 * queue (IHI 0070, 4), little-endian. Taken are TLBI_NSNH_ALL, TLBI_NH_ALL, NH_ASID, NH_VA, NH_VAA, ATC_INV, CFGI_CD
 * and CFGI_CD_ALL, with the StreamID of the guest; any other gives EIO. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                                                               |   0
 * | cmd[0]                                                        |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | cmd[1]                                                        |  12
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class ArmSmmuv3InvalidateLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 16;

    /** Offset of word 0 of the command; word 1 follows, eight bytes. */
    public static final int CMD = 0;

    private ArmSmmuv3InvalidateLayout() {
    }
}
