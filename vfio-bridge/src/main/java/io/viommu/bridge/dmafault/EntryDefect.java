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
package io.viommu.bridge.dmafault;

/** Why an entry of a region could not become a fault. */
public enum EntryDefect {
    /** The type is neither unrecoverable nor page request. */
    UNKNOWN_TYPE("the entry's type is neither 1 (unrecoverable) nor 2 (page request)"),
    /** The reason is beyond the last one known. */
    UNKNOWN_REASON("the entry's reason is not 0 to 8"),
    /** A PASID has 20 bits. */
    PASID_TOO_WIDE("the entry's PASID has more than 20 bits"),
    /** The raw record is in a format of another version. */
    UNKNOWN_RAW_FORMAT("the raw record's format is unknown"),
    /** The raw record is of no kind that is known. */
    UNKNOWN_RAW_KIND("the raw record is neither an SMMUv3 event nor a VT-d fault");

    private final String reason;

    EntryDefect(final String reason) {
        this.reason = reason;
    }

    /**
     * What is wrong with the entry.
     *
     * @return a clause.
     */
    public String reason() {
        return reason;
    }
}
