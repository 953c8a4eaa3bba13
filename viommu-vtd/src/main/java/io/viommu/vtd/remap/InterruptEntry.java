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

package io.viommu.vtd.remap;

import io.viommu.iommu.InterruptRemapper;
import io.viommu.vtd.spec.InterruptRemapLayout;

/** The rules of an interrupt remapping table entry (VT-d 9.9, 9.10), given as its two words. */
final class InterruptEntry {

    /** Bit n is set if delivery mode n exists: fixed, lowest priority, SMI, NMI, INIT, ExtINT. */
    private static final int DELIVERY_MODES = 0b1011_0111;
    /** Bits of the function number that SQ leaves out. */
    private static final int[] UNQUALIFIED = { 0, 0b100, 0b110, 0b111 };

    private InterruptEntry() {
    }

    /** Whether a present entry has reserved bits or values. */
    static boolean malformed(final InterruptContext context, final long low, final long high) {
        if ((int) (high >>> InterruptRemapLayout.SVT_SHIFT & 3) > InterruptRemapLayout.SVT_BUS) {
            return true;
        }
        if ((low & InterruptRemapLayout.IM) != 0) {
            return !context.posts() || (low & InterruptRemapLayout.POSTED_RESERVED_0) != 0
                    || (high & InterruptRemapLayout.POSTED_RESERVED_1) != 0;
        }
        final long reserved = context.wideDestinations()
                ? InterruptRemapLayout.REMAPPED_RESERVED_0
                : InterruptRemapLayout.REMAPPED_RESERVED_0 | InterruptRemapLayout.DST_RESERVED_8_BIT;
        return (low & reserved) != 0 || (high & InterruptRemapLayout.REMAPPED_RESERVED_1) != 0
                || (DELIVERY_MODES >>> (low >>> InterruptRemapLayout.DLM_SHIFT & 7) & 1) == 0;
    }

    /** Whether a requester may use the entry (VT-d 9.9, SVT, SQ and SID). */
    static boolean admits(final long high, final int requester) {
        if (requester == InterruptRemapper.NO_REQUESTER) {
            return true;
        }
        final int sid = (int) (high & InterruptRemapLayout.SID);
        return switch ((int) (high >>> InterruptRemapLayout.SVT_SHIFT & 3)) {
            case InterruptRemapLayout.SVT_NONE -> true;
            case InterruptRemapLayout.SVT_REQUESTER ->
                ((requester ^ sid) & 0xFFFF & ~UNQUALIFIED[(int) (high >>> InterruptRemapLayout.SQ_SHIFT & 3)]) == 0;
            default -> {
                final int bus = requester >>> 8 & 0xFF;
                yield bus >= sid >>> 8 && bus <= (sid & 0xFF);
            }
        };
    }
}
