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
package io.viommu.smmu.spec;

/**
 * Level-1 stream table descriptor, 8 bytes (IHI 0070, 5.1).
 *
 * <pre>
 *  63      52 51                                         6 5   4      0
 * +----------+--------------------------------------------+---+--------+
 * |   RES0   |                L2Ptr[51:6]                 |   |  Span  |
 * +----------+--------------------------------------------+---+--------+
 * </pre>
 */
public final class StreamTableDescriptorLayout {

    /** Bytes of a descriptor. */
    public static final int LENGTH = 8;
    /** Log2 of {@link #LENGTH}. */
    public static final int LENGTH_SHIFT = 3;
    /** Span: 0 is invalid, else the level-2 array has 2^(Span - 1) entries. */
    public static final long SPAN = 0x1FL;
    /** L2Ptr, address bits 51 to 6 in place. */
    public static final long L2PTR = 0x000F_FFFF_FFFF_FFC0L;

    private StreamTableDescriptorLayout() {
    }
}
