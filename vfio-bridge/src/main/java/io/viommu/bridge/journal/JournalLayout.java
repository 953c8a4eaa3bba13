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

package io.viommu.bridge.journal;

import io.viommu.fault.FaultRecordLayout;

/**
 * A fault journal's file, in host byte order: little-endian on every machine this runs on.
 *
 * <pre>
 *    0  u64  magic "VIOJRNL1"              24  u64  records that are whole
 *    8  u32  version, 1                    32  u64  records that found the journal full
 *   12  u32  bytes of a record, 64         40  u64  when it was begun, ms since the epoch
 *   16  u32  bytes of this header, 64      48  reserved, 0
 *   20  u32  reserved, 0
 *   64  record 0, record 1, ... as {@link FaultRecordLayout} draws them
 * </pre>
 *
 * <p>The number of whole records is written after the record, so a journal whose writer was killed is good up to there.
 */
final class JournalLayout {

    static final int MAGIC = 0;
    static final int VERSION = 8;
    static final int RECORD_LENGTH = 12;
    static final int HEADER_LENGTH = 16;
    static final int RECORDS = 24;
    static final int MISSED = 32;
    static final int BEGUN = 40;

    static final int HEADER = 64;
    static final int RECORD = FaultRecordLayout.LENGTH;
    static final int THIS_VERSION = 1;
    /** "VIOJRNL1", its first letter in the lowest byte. */
    static final long MAGIC_VALUE = 0x314C_4E52_4A4F_4956L;

    /** A journal is looked at through one buffer, which ends below 2 GiB. */
    static final int MAX_RECORDS = 1 << 24;

    private JournalLayout() {
    }

    static int at(final int index) {
        return HEADER + index * RECORD;
    }

    static int size(final int records) {
        return at(records);
    }
}
