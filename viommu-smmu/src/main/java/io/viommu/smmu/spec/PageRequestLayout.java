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
 * An entry of the PRI queue: two little-endian 64-bit words (IHI 0070, 8).
 *
 * <pre>
 *          63  62   61 60 59 58   57  52 51          32 31                  0
 * word 0  |SSV|Last| W| R| X|Priv|      | SubstreamID  |      StreamID      |
 *
 *          63                                    12 11    9 8              0
 * word 1  |            Page address [63:12]        |       |   PRGIndex     |
 * </pre>
 */
public final class PageRequestLayout {

    /** Bytes of an entry. */
    public static final int LENGTH = 16;

    /** Word 0: where the SubstreamID begins. */
    public static final int SUBSTREAM_SHIFT = 32;
    /** Word 0: privileged access is asked for. */
    public static final long PRIV = 1L << 58;
    /** Word 0: execute access is asked for. */
    public static final long X = 1L << 59;
    /** Word 0: read access is asked for. */
    public static final long R = 1L << 60;
    /** Word 0: write access is asked for. */
    public static final long W = 1L << 61;
    /** Word 0: last request of its group. */
    public static final long LAST = 1L << 62;
    /** Word 0: the SubstreamID is valid. */
    public static final long SSV = 1L << 63;

    /** Word 1: index of the page request group. */
    public static final long PRG_INDEX = 0x1FF;
    /** Word 1: address of the page. */
    public static final long ADDR = ~0xFFFL;

    private PageRequestLayout() {
    }
}
