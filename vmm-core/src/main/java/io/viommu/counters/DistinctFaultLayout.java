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
package io.viommu.counters;

/**
 * The file of a {@link DistinctFaultLog}. Host byte order; a header of 64 bytes, then entries of 128.
 *
 * <pre>
 *  header     0  u32 magic "VIOD"     4  u32 version, 1     8  u64 process id    16  u32 entries there is room for
 *            24  u64 start, ms since the epoch             32  u64 faults that found no room
 *
 *  entry      0  u64 count, written last; 0 for an empty one
 *             8  u64 first, ms since the epoch             16  u64 last
 *            24  u32 source          28  u32 host device   32  u32 kind            36  u32 code
 *            64  4 x u64 words of the first                96  4 x u64 words of the last
 * </pre>
 */
final class DistinctFaultLayout {

    static final int MAGIC_VALUE = 0x444F_4956;
    static final int VERSION_VALUE = 1;
    static final int MAGIC = 0;
    static final int VERSION = 4;
    static final int PROCESS = 8;
    static final int CAPACITY = 16;
    static final int START = 24;
    static final int OTHERS = 32;
    static final int HEADER = 64;

    static final int COUNT = 0;
    static final int FIRST = 8;
    static final int LAST = 16;
    static final int SOURCE = 24;
    static final int DEVICE = 28;
    static final int KIND = 32;
    static final int CODE = 36;
    static final int FIRST_WORDS = 64;
    static final int LAST_WORDS = 96;
    static final int ENTRY = 128;
    static final int WORDS = 4;

    private DistinctFaultLayout() {
    }
}
