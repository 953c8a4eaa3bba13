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

import org.agrona.DirectBuffer;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;

/** Turns private copies of entries into fault records: checks first, claims a slot only for what is sound. */
final class EntryDecoder {

    private static final int PASID_BITS = 20;
    private static final int TOO_WIDE = Integer.MIN_VALUE;
    private static final int UNRECOVERABLE_FLAGS = GenericFault.FLAG_PASID_VALID | GenericFault.FLAG_ADDR_VALID
            | GenericFault.FLAG_FETCH_ADDR_VALID;
    private static final int REQUEST_FLAGS = GenericFault.REQUEST_PASID_VALID | GenericFault.REQUEST_LAST_PAGE;
    private static final int PERMISSIONS = GenericFault.PERM_READ | GenericFault.PERM_WRITE | GenericFault.PERM_EXEC
            | GenericFault.PERM_PRIV;
    private static final long UNSIGNED = 0xFFFF_FFFFL;
    private static final int COOKIE_PASID_VALID = 63;

    private final DirectBuffer entries;
    private final boolean extended;
    private final DmaFaultDevice device;
    private int at;

    EntryDecoder(final DirectBuffer entries, final boolean extended, final DmaFaultDevice device) {
        this.entries = entries;
        this.extended = extended;
        this.device = device;
    }

    /** Hands the fault to the sink and returns null, or says what is wrong. */
    EntryDefect decode(final FaultSink sink, final int offset) {
        at = offset;
        final int type = entries.getInt(at + IommuFault2021.TYPE);
        final int pasid;
        if (type == IommuFault2021.TYPE_UNRECOVERABLE) {
            final int reason = entries.getInt(at + IommuFault2021.REASON);
            if (reason < 0 || reason > IommuFault2021.LAST_REASON) {
                return EntryDefect.UNKNOWN_REASON;
            }
            pasid = pasid(IommuFault2021.FLAGS, IommuFault2021.PASID);
        } else if (type == IommuFault2021.TYPE_PAGE_REQUEST) {
            pasid = pasid(IommuFault2021.REQUEST_FLAGS, IommuFault2021.REQUEST_PASID);
        } else {
            return EntryDefect.UNKNOWN_TYPE;
        }
        if (pasid == TOO_WIDE) {
            return EntryDefect.PASID_TOO_WIDE;
        }
        final int format = extended
                ? entries.getInt(at + ExtendedFaultEntry.RAW_FORMAT)
                : ExtendedFaultEntry.FORMAT_NONE;
        if (format == ExtendedFaultEntry.FORMAT_NONE) {
            final FaultRecord record = sink.claim(device.source(), device.hostDevice(), pasid);
            generic(record, type);
            finish(record, sink);
            return null;
        }
        return format == ExtendedFaultEntry.FORMAT_1 ? extended(sink, type, pasid) : EntryDefect.UNKNOWN_RAW_FORMAT;
    }

    private int pasid(final int flagsAt, final int pasidAt) {
        if ((entries.getInt(at + flagsAt) & GenericFault.FLAG_PASID_VALID) == 0) {
            return FaultSink.NO_PASID;
        }
        final int pasid = entries.getInt(at + pasidAt);
        return pasid >>> PASID_BITS == 0 ? pasid : TOO_WIDE;
    }

    private EntryDefect extended(final FaultSink sink, final int type, final int pasid) {
        final int kind = entries.getInt(at + ExtendedFaultEntry.KIND);
        if (kind < ExtendedFaultEntry.KIND_GENERIC || kind > ExtendedFaultEntry.KIND_VTD_FAULT) {
            return EntryDefect.UNKNOWN_RAW_KIND;
        }
        final FaultRecord record = sink.claim(device.source(), entries.getInt(at + ExtendedFaultEntry.DEVICE), pasid);
        if (kind == ExtendedFaultEntry.KIND_GENERIC) {
            generic(record, type);
        } else {
            record.kind(kind == ExtendedFaultEntry.KIND_SMMU_EVENT ? FaultKind.SMMU_EVENT : FaultKind.VTD_FAULT);
            final int words = kind == ExtendedFaultEntry.KIND_SMMU_EVENT ? 4 : 2;
            for (int i = 0; i < words; i++) {
                record.word(i, entries.getLong(at + ExtendedFaultEntry.WORDS + i * Long.BYTES));
            }
        }
        record.cookie(entries.getLong(at + ExtendedFaultEntry.TAG));
        final long time = entries.getLong(at + ExtendedFaultEntry.TIME);
        if (time != 0) {
            record.time(time);
        }
        finish(record, sink);
        return null;
    }

    private void finish(final FaultRecord record, final FaultSink sink) {
        if (device.asReported()) {
            record.asReported(true);
        }
        sink.publish();
    }

    private void generic(final FaultRecord record, final int type) {
        final long permissions = entries.getInt(at + IommuFault2021.PERMISSIONS) & PERMISSIONS;
        record.word(1, permissions).word(2, entries.getLong(at + IommuFault2021.ADDRESS));
        if (type == IommuFault2021.TYPE_UNRECOVERABLE) {
            final long flags = entries.getInt(at + IommuFault2021.FLAGS) & UNRECOVERABLE_FLAGS;
            final int reason = entries.getInt(at + IommuFault2021.REASON);
            record.kind(FaultKind.GENERIC).word(0, reason | flags << Integer.SIZE);
            record.word(3, entries.getLong(at + IommuFault2021.FETCH_ADDRESS));
            return;
        }
        final int flags = entries.getInt(at + IommuFault2021.REQUEST_FLAGS);
        final long group = entries.getInt(at + IommuFault2021.REQUEST_GROUP) & UNSIGNED;
        record.kind(FaultKind.PAGE_REQUEST).word(0, flags & REQUEST_FLAGS | group << Integer.SIZE);
        if ((flags & IommuFault2021.REQUEST_FLAG_PRIVATE_DATA) != 0) {
            record.word(3, entries.getLong(at + IommuFault2021.REQUEST_PRIVATE_DATA));
        }
        // The 2021 answer (struct iommu_page_response) names PASID and group; both lie in the cookie.
        final long pasidValid = flags & GenericFault.REQUEST_PASID_VALID;
        record.cookie(pasidValid << COOKIE_PASID_VALID | (long) record.pasid() << Integer.SIZE | group);
    }
}
