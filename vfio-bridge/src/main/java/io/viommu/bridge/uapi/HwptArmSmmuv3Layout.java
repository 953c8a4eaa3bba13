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

    /** Word 0: V. */
    public static final long VALID = 1;
    /** Word 0: Config. */
    public static final long CONFIG_MASK = 7 << 1;
    /** Config: neither stage translates; what lies below aborts. */
    public static final long CONFIG_BYPASS = 4 << 1;
    /** All that word 0 may hold: V, Config, S1Fmt [5:4], S1ContextPtr [51:6], S1CDMax [63:59]. */
    public static final long WORD0_MASK = VALID | CONFIG_MASK | 3 << 4 | 0xF_FFFF_FFFF_FFC0L | 0x1FL << 59;
    /** All that word 1 may hold: S1DSS [1:0], S1CIR [3:2], S1COR [5:4], S1CSH [7:6], S1STALLD [27], EATS [29:28]. */
    public static final long WORD1_MASK = 0xFF | 1 << 27 | 3 << 28;

    private HwptArmSmmuv3Layout() {
    }
}
