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
package io.viommu.bridge.iommufd;

import io.viommu.bridge.uapi.IommufdQueues.PgfaultLayout;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;

/**
 * The event record of a stalled transaction, rebuilt from what the kernel tells of it: F_TRANSLATION with Stall = 1
 * (IHI 0070, 7.3.13). The StreamID is the route's to give.
 *
 * <pre>
 *   word 0   type 0x10 [7:0]   SSV [11]   SubstreamID [31:12]
 *   word 1   STAG [15:0]   Stall [31]   PnU [33]   InD [34]   RnW [35]   CLASS = IN [41:40]
 *   word 2   input address
 * </pre>
 */
final class StalledEvent {

    private static final long F_TRANSLATION = 0x10;
    private static final long SSV = 1L << 11;
    private static final int SUBSTREAM_SHIFT = 12;
    private static final long STAG_MASK = 0xFFFF;
    private static final long STALL = 1L << 31;
    private static final long PNU = 1L << 33;
    private static final long IND = 1L << 34;
    private static final long RNW = 1L << 35;
    private static final long CLASS_IN = 2L << 40;

    private StalledEvent() {
    }

    static void fill(final FaultRecord record, final int pasid, final long tag, final long permissions,
            final long address) {
        final long substream = pasid == FaultSink.NO_PASID ? 0 : SSV | (long) pasid << SUBSTREAM_SHIFT;
        final boolean write = (permissions & PgfaultLayout.PERM_WRITE) != 0;
        record.kind(FaultKind.SMMU_EVENT).word(0, F_TRANSLATION | substream)
                .word(1, tag & STAG_MASK | STALL | CLASS_IN | (write ? 0 : RNW)
                        | ((permissions & PgfaultLayout.PERM_PRIV) != 0 ? PNU : 0)
                        | (!write && (permissions & PgfaultLayout.PERM_EXEC) != 0 ? IND : 0))
                .word(2, address);
    }
}
