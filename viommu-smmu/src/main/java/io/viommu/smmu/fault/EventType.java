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

package io.viommu.smmu.fault;

import static io.viommu.smmu.spec.EventLayout.CLASS;
import static io.viommu.smmu.spec.EventLayout.FETCH_ADDR;
import static io.viommu.smmu.spec.EventLayout.GPCF;
import static io.viommu.smmu.spec.EventLayout.IND;
import static io.viommu.smmu.spec.EventLayout.IPA;
import static io.viommu.smmu.spec.EventLayout.NSIPA;
import static io.viommu.smmu.spec.EventLayout.PAGE;
import static io.viommu.smmu.spec.EventLayout.PNU;
import static io.viommu.smmu.spec.EventLayout.REASON;
import static io.viommu.smmu.spec.EventLayout.RNW;
import static io.viommu.smmu.spec.EventLayout.S2;
import static io.viommu.smmu.spec.EventLayout.STAG;
import static io.viommu.smmu.spec.EventLayout.STALL;

import io.viommu.smmu.spec.EventLayout;

/** The events of IHI 0070, 7.3: number, section, and which bits of words 1 to 3 the architecture defines for each. */
public enum EventType {
    /** Unsupported upstream transaction. */
    F_UUT(EventLayout.F_UUT, "7.3.2", REASON | PNU | IND | RNW, -1L, 0),
    /** StreamID out of range. */
    C_BAD_STREAMID(EventLayout.C_BAD_STREAMID, "7.3.3", 0, 0, 0),
    /** Fetch of an STE aborted. */
    F_STE_FETCH(EventLayout.F_STE_FETCH, "7.3.4", REASON | GPCF, 0, FETCH_ADDR),
    /** STE invalid. */
    C_BAD_STE(EventLayout.C_BAD_STE, "7.3.5", 0, 0, 0),
    /** ATS translation request not allowed. */
    F_BAD_ATS_TREQ(EventLayout.F_BAD_ATS_TREQ, "7.3.6", EventLayout.ATS_SPAN | EventLayout.ATS_P | EventLayout.ATS_X
            | EventLayout.ATS_W | EventLayout.ATS_R, PAGE, 0),
    /** Traffic without substream not allowed. */
    F_STREAM_DISABLED(EventLayout.F_STREAM_DISABLED, "7.3.7", 0, 0, 0),
    /** ATS translated traffic not allowed. */
    F_TRANSL_FORBIDDEN(EventLayout.F_TRANSL_FORBIDDEN, "7.3.8", RNW, -1L, 0),
    /** SubstreamID out of range or not allowed. */
    C_BAD_SUBSTREAMID(EventLayout.C_BAD_SUBSTREAMID, "7.3.9", 0, 0, 0),
    /** Fetch of a CD aborted. */
    F_CD_FETCH(EventLayout.F_CD_FETCH, "7.3.10", REASON | GPCF, 0, FETCH_ADDR),
    /** CD invalid. */
    C_BAD_CD(EventLayout.C_BAD_CD, "7.3.11", 0, 0, 0),
    /** Fetch of a translation table descriptor aborted. */
    F_WALK_EABT(EventLayout.F_WALK_EABT, "7.3.12", REASON | GPCF | PNU | IND | RNW | S2 | CLASS, -1L, FETCH_ADDR),
    /** No translation. */
    F_TRANSLATION(EventLayout.F_TRANSLATION, "7.3.13", Fields.TRANSLATION, -1L, IPA),
    /** Output address out of range. */
    F_ADDR_SIZE(EventLayout.F_ADDR_SIZE, "7.3.14", Fields.TRANSLATION, -1L, IPA),
    /** Access flag clear. */
    F_ACCESS(EventLayout.F_ACCESS, "7.3.15", Fields.TRANSLATION, -1L, IPA),
    /** Permission. */
    F_PERMISSION(EventLayout.F_PERMISSION, "7.3.16", Fields.TRANSLATION | EventLayout.DIRTY_BIT
            | EventLayout.ASSURED_ONLY | EventLayout.TTRNW | EventLayout.OVERLAY, -1L, IPA),
    /** TLB conflict. */
    F_TLB_CONFLICT(EventLayout.F_TLB_CONFLICT, "7.3.17", EventLayout.CONFLICT_REASON | PNU | IND | RNW | NSIPA | S2,
            -1L, IPA),
    /** Configuration cache conflict. */
    F_CFG_CONFLICT(EventLayout.F_CFG_CONFLICT, "7.3.18", EventLayout.CONFLICT_REASON, 0, 0),
    /** Speculative page request hint. */
    E_PAGE_REQUEST(EventLayout.E_PAGE_REQUEST, "7.3.19", EventLayout.HINT_ACCESS | EventLayout.HINT_SPAN, PAGE, 0),
    /** Fetch of a VMS aborted. */
    F_VMS_FETCH(EventLayout.F_VMS_FETCH, "7.3.20", REASON | GPCF, 0, FETCH_ADDR);

    /** Constants that the rows above share; an enum can't refer to its own fields that early. */
    private static final class Fields {
        private static final long TRANSLATION = STAG | STALL | PNU | IND | RNW | NSIPA | S2 | CLASS
                | EventLayout.IMPDEF;
    }

    private static final EventType[] BY_CODE = new EventType[256];
    static {
        for (final EventType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final String section;
    private final long word1;
    private final long word2;
    private final long word3;

    EventType(final int code, final String section, final long word1, final long word2, final long word3) {
        this.code = code;
        this.section = section;
        this.word1 = word1;
        this.word2 = word2;
        this.word3 = word3;
    }

    /**
     * Finds a type by its number.
     *
     * @param code 0 to 255.
     * @return the type, or null for a number that is reserved or IMPLEMENTATION DEFINED.
     */
    public static EventType of(final int code) {
        return BY_CODE[code];
    }

    /**
     * The number of the event.
     *
     * @return bits [7:0] of word 0.
     */
    public int code() {
        return code;
    }

    /**
     * Where IHI 0070 defines the event.
     *
     * @return the number of the section.
     */
    public String section() {
        return section;
    }

    /**
     * The defined bits of word 1.
     *
     * @return a mask.
     */
    public long word1() {
        return word1;
    }

    /**
     * The defined bits of word 2.
     *
     * @return a mask.
     */
    public long word2() {
        return word2;
    }

    /**
     * The defined bits of word 3.
     *
     * @return a mask.
     */
    public long word3() {
        return word3;
    }

    /**
     * Whether the event can stall its transaction.
     *
     * @return true for the four translation-related faults.
     */
    public boolean canStall() {
        return (word1 & STALL) != 0 && this != F_BAD_ATS_TREQ;
    }
}
