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

/** The event numbers of IHI 0070 section 7.3 and the names that logs print for them. */
enum SmmuEventName {
    F_UUT(0x01, true), C_BAD_STREAMID(0x02, false), F_STE_FETCH(0x03, false), C_BAD_STE(0x04, false), F_BAD_ATS_TREQ(
            0x05, false), F_STREAM_DISABLED(0x06, false), F_TRANSL_FORBIDDEN(0x07, true), C_BAD_SUBSTREAMID(0x08,
                    false), F_CD_FETCH(0x09, false), C_BAD_CD(0x0a, false), F_WALK_EABT(0x0b, true), F_TRANSLATION(0x10,
                            true), F_ADDR_SIZE(0x11, true), F_ACCESS(0x12, true), F_PERMISSION(0x13,
                                    true), F_TLB_CONFLICT(0x20, true), F_CFG_CONFLICT(0x21,
                                            false), E_PAGE_REQUEST(0x24, false), F_VMS_FETCH(0x25, false);

    private static final SmmuEventName[] VALUES = values();

    private final int id;
    private final boolean access;

    SmmuEventName(final int id, final boolean access) {
        this.id = id;
        this.access = access;
    }

    int id() {
        return id;
    }

    /** Whether the record says what access failed (RnW, InD). */
    boolean hasAccess() {
        return access;
    }

    /** Whether the kernel prints the address and a second line with the attributes. */
    boolean isDecodedWithAttributes() {
        return id >= F_TRANSLATION.id && id <= F_PERMISSION.id;
    }

    /** Whether the kernel prints the address of the failed fetch. */
    boolean isDecodedWithFetchAddress() {
        return this == F_STE_FETCH || this == F_CD_FETCH || this == F_VMS_FETCH;
    }

    /** The name of an event number, or null. */
    static SmmuEventName byId(final int id) {
        for (final SmmuEventName name : VALUES) {
            if (name.id == id) {
                return name;
            }
        }
        return null;
    }

    /** The event of a name as printed, or null. */
    static SmmuEventName byName(final String printed) {
        for (final SmmuEventName name : VALUES) {
            if (name.name().equals(printed)) {
                return name;
            }
        }
        return null;
    }
}
