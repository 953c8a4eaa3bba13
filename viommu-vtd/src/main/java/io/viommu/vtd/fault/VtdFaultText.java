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

package io.viommu.vtd.fault;

import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.FaultRecordingLayout;

/**
 * A fault record in words: as an explanation, and as the line that Linux's driver (since 5.16) prints for it. For
 * people and for guest models, not for the hot path.
 */
public final class VtdFaultText {

    private VtdFaultText() {
    }

    /**
     * Explains a record: what happened, to whom, where, and where to read on.
     *
     * @param low  the low word of the fault recording register.
     * @param high the high word.
     * @return one line.
     */
    public static String explain(final long low, final long high) {
        final int code = FaultRecordingLayout.reason(high);
        final FaultReason reason = FaultReason.of(code);
        final StringBuilder text = new StringBuilder(160);
        text.append(String.format("reason 0x%02x ", code));
        if (reason == null) {
            text.append("(reserved)");
        } else {
            text.append(reason.conditionCode()).append(": ").append(reason.condition());
        }
        text.append("; device ").append(device(high));
        if (reason != null && reason.interrupt()) {
            text.append(String.format(", interrupt index 0x%x", low >>> FaultRecordingLayout.INTERRUPT_INDEX_SHIFT));
        } else {
            text.append(String.format(", %s at page 0x%x", request(high), low & FaultRecordingLayout.FAULT_INFO));
        }
        if ((high & FaultRecordingLayout.PASID_PRESENT) != 0) {
            text.append(String.format(", PASID 0x%x", FaultRecordingLayout.pasid(high)));
        }
        if (reason != null) {
            text.append("; likely ").append(likelyCause(reason));
            text.append(" (VT-d ").append(reason.section()).append(')');
        }
        return text.toString();
    }

    /**
     * The line that Linux prints for a record.
     *
     * @param low  the low word of the fault recording register.
     * @param high the high word.
     * @return the line without time stamp.
     */
    public static String linuxLine(final long low, final long high) {
        final int code = FaultRecordingLayout.reason(high);
        final FaultReason reason = FaultReason.of(code);
        final String text = reason == null ? "Unknown" : reason.linuxText();
        // Linux knows seven interrupt remapping reasons and prints every other code as a DMA fault.
        if (code >= 0x20 && code <= 0x26) {
            return String.format("DMAR: [INTR-REMAP] Request device [%s] fault index 0x%x [fault reason 0x%02x] %s",
                    device(high), low >>> FaultRecordingLayout.INTERRUPT_INDEX_SHIFT, code, text);
        }
        final String pasid = (high & FaultRecordingLayout.PASID_PRESENT) == 0
                ? "NO_PASID"
                : String.format("PASID 0x%x", FaultRecordingLayout.pasid(high));
        return String.format("DMAR: [DMA %s %s] Request device [%s] fault addr 0x%x [fault reason 0x%02x] %s",
                (high & FaultRecordingLayout.T1) == 0 ? "Write" : "Read", pasid, device(high),
                low & FaultRecordingLayout.FAULT_INFO, code, text);
    }

    /** bus:device.function, as Linux writes it. */
    private static String device(final long high) {
        final int sourceId = FaultRecordingLayout.sourceId(high);
        return String.format("%02x:%02x.%d", sourceId >> 8, sourceId >> 3 & 0x1F, sourceId & 7);
    }

    private static String request(final long high) {
        final boolean first = (high & FaultRecordingLayout.T1) != 0;
        final boolean second = (high & FaultRecordingLayout.T2) != 0;
        final String type = first ? second ? "AtomicOp" : "read" : second ? "page request" : "write";
        final String origin = switch ((int) (high >>> FaultRecordingLayout.ADDRESS_TYPE_SHIFT) & 3) {
            case FaultRecordingLayout.AT_TRANSLATION -> " (translation request)";
            case FaultRecordingLayout.AT_TRANSLATED -> " (translated request)";
            default -> "";
        };
        return ((high & FaultRecordingLayout.PRIVILEGED) == 0 ? "" : "privileged ")
                + ((high & FaultRecordingLayout.EXECUTE) == 0 ? type : "execute") + origin;
    }

    private static String likelyCause(final FaultReason reason) {
        if (reason.interrupt()) {
            return reason == FaultReason.IR_25
                    ? "an interrupt that its driver programmed past the remapping"
                    : "a stale interrupt of a device, or a table entry changed without invalidation";
        }
        return switch (reason) {
            case LRT_2, LCT_2, SRT_2, SCT_2, SPD_2, SPT_2 ->
                "DMA of a device that no driver has attached, or has just detached";
            case LGN_2, LGN_3, SGN_6, SGN_7, SFS_2, SSS_2 ->
                "DMA to an address that was never mapped, or was unmapped too early";
            case LGN_1, SGN_1, SGN_4, SGN_5 -> "a wrong address given to the device";
            case SGN_2, SGN_3, SPT_5, SPT_6 -> "a request with other rights than the mapping grants";
            case LGN_4, SGN_8, RTA_4 -> "DMA that the configuration forbids";
            default -> "a table that the IOMMU driver wrote wrongly, or placed where there is no memory";
        };
    }
}
