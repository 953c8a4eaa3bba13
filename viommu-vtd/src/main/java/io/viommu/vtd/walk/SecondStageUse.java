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

package io.viommu.vtd.walk;

import io.viommu.vtd.spec.FaultReason;

/**
 * What a second-stage walk is for, which decides the reasons of its faults (VT-d 7.1.3): the same wrong entry is
 * another fault in legacy mode, and for the tables of a nested first stage.
 */
enum SecondStageUse {

    /** A request, in legacy mode. An entry that grants nothing has no reason of its own there. */
    LEGACY(FaultReason.LGN_1, FaultReason.LCT_4, FaultReason.LSS_1, FaultReason.LSS_2, null, FaultReason.LGN_3,
            FaultReason.LGN_2),
    /** A request, in scalable mode. */
    SCALABLE(FaultReason.SGN_5, FaultReason.SSS_4, FaultReason.SSS_1, FaultReason.SSS_3, FaultReason.SSS_2,
            FaultReason.SGN_7, FaultReason.SGN_6),
    /** The top table of a nested first stage. */
    TOP_TABLE(FaultReason.SFS_5, FaultReason.SSS_4, FaultReason.SSS_1, FaultReason.SSS_3, FaultReason.SSS_2,
            FaultReason.SFS_6, FaultReason.SFS_8),
    /** Another table of a nested first stage. */
    TABLE(FaultReason.SFS_5, FaultReason.SSS_4, FaultReason.SSS_1, FaultReason.SSS_3, FaultReason.SSS_2,
            FaultReason.SFS_7, FaultReason.SFS_8);

    private final FaultReason beyondWidth;
    private final FaultReason topTableError;
    private final FaultReason entryError;
    private final FaultReason reserved;
    private final FaultReason notPresent;
    private final FaultReason noRead;
    private final FaultReason noWrite;

    SecondStageUse(final FaultReason beyondWidth, final FaultReason topTableError, final FaultReason entryError,
            final FaultReason reserved, final FaultReason notPresent, final FaultReason noRead,
            final FaultReason noWrite) {
        this.beyondWidth = beyondWidth;
        this.topTableError = topTableError;
        this.entryError = entryError;
        this.reserved = reserved;
        this.notPresent = notPresent;
        this.noRead = noRead;
        this.noWrite = noWrite;
    }

    /** The address has more bits than the tables tell apart. */
    FaultReason beyondWidth() {
        return beyondWidth;
    }

    /** An entry can't be read. */
    FaultReason accessError(final boolean topTable) {
        return topTable ? topTableError : entryError;
    }

    /** A present entry has reserved bits set. */
    FaultReason reserved() {
        return reserved;
    }

    /** Whether permission is decided at an entry: in legacy mode at each, in scalable mode at the leaf. */
    boolean decides(final boolean leaf) {
        return leaf || this == LEGACY;
    }

    /** An entry, or all entries together, grant neither reading nor writing. */
    FaultReason notPresent(final boolean write) {
        return notPresent != null ? notPresent : permission(write);
    }

    /** An entry doesn't grant what is needed. */
    FaultReason permission(final boolean write) {
        return write ? noWrite : noRead;
    }
}
