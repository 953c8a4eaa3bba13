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

/** What the entries of a region hold, as its capability announces; how far apart they lie is the header's to say. */
public enum EntryFormat {
    /** {@code struct iommu_fault} alone: capability version 1, as in the kernel series. */
    PLAIN(1, IommuFault2021.LENGTH),
    /** With the raw record beside it, see {@link ExtendedFaultEntry}. */
    EXTENDED(ExtendedFaultEntry.FORMAT_1, ExtendedFaultEntry.LENGTH);

    private final int version;
    private final int length;

    EntryFormat(final int version, final int length) {
        this.version = version;
        this.length = length;
    }

    /**
     * The version that the region's DMA_FAULT capability shows.
     *
     * @return 1, or one of ours with 0x5649 in its high half.
     */
    public int version() {
        return version;
    }

    /**
     * Bytes that carry meaning; an entry has at least as many.
     *
     * @return 64 or 128.
     */
    public int length() {
        return length;
    }

    /**
     * The format of an entry size that a user asks for.
     *
     * @param entrySize bytes.
     * @return the format whose entries have that size.
     */
    public static EntryFormat ofEntrySize(final int entrySize) {
        for (final EntryFormat format : values()) {
            if (format.length == entrySize) {
                return format;
            }
        }
        throw new IllegalArgumentException("The entry size must be 64 (the plain 2021 entry) or 128 (with the raw "
                + "record), not " + entrySize + ".");
    }

    static EntryFormat ofVersion(final int version) {
        for (final EntryFormat format : values()) {
            if (format.version == version) {
                return format;
            }
        }
        throw new IllegalArgumentException(String.format("The region's DMA-fault capability has version 0x%x; "
                + "0x1 (plain) and 0x%x (extended) are known.", version, EXTENDED.version));
    }
}
