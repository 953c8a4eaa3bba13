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
 * {@code struct iommu_hwpt_arm_smmuv3} of linux/iommufd.h: the first two words of a guest stream table entry (IHI 0070,
 * 5.2), little-endian. Word 0 may hold V, Config (abort, bypass or stage 1), S1Fmt, S1ContextPtr and S1CDMax, word 1
 * S1DSS, S1CIR, S1COR, S1CSH, S1STALLD and EATS (0 or 1); the kernel answers EIO to anything else. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                                                               |   0
 * | ste[0]                                                        |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | ste[1]                                                        |  12
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwptArmSmmuv3Layout {

    /** Bytes of the structure. */
    public static final int LENGTH = 16;

    /** Offset of word 0 of the entry; word 1 follows, eight bytes. */
    public static final int STE = 0;

    private HwptArmSmmuv3Layout() {
    }
}
