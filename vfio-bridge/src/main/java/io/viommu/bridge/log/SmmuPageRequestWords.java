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
package io.viommu.bridge.log;

/**
 * A PRI queue entry (IHI 0070 section 8.1).
 *
 * <pre>
 *          63  62   61 60 59 58  57  52 51          32 31          0
 *  word 0 |SSV|Last|W |R |X |Priv|     | SubstreamID  |  StreamID   |
 *
 *          63                                   12 11  9 8         0
 *  word 1 |             page address              |     | PRGIndex  |
 * </pre>
 */
final class SmmuPageRequestWords {
    static final long PRIVILEGED = 1L << 58;
    static final long EXECUTE = 1L << 59;
    static final long READ = 1L << 60;
    static final long WRITE = 1L << 61;
    static final long LAST = 1L << 62;
    static final int MAX_GROUP = 0x1ff;

    private static final long SSV = 1L << 63;
    private static final int SUBSTREAM_ID_SHIFT = 32;
    private static final long PAGE_MASK = ~0xfffL;

    private SmmuPageRequestWords() {
    }

    static long word0(final long streamId, final long substreamId, final long flags) {
        return streamId | (substreamId != 0 ? SSV | substreamId << SUBSTREAM_ID_SHIFT : 0) | flags;
    }

    static long word1(final long address, final int group) {
        return address & PAGE_MASK | group;
    }
}
