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

package io.viommu.smmu;

import io.viommu.smmu.fault.EventType;
import io.viommu.smmu.spec.EventLayout;

/**
 * What an event means and what usually causes it.
 *
 * @param meaning one sentence.
 * @param cause   one sentence.
 */
record EventExplanation(String meaning, String cause) {

    static EventExplanation of(final SmmuEventText event) {
        final EventType type = EventType.of(event.code());
        if (type == null) {
            return unnamed(event.code());
        }
        return type.canStall() ? translation(type, event) : other(type);
    }

    private static EventExplanation unnamed(final int code) {
        return code >= EventLayout.IMPDEF_FIRST && code <= EventLayout.IMPDEF_LAST
                ? new EventExplanation("An event that the SMMU's implementer defined.",
                        "look it up in the manual of the SMMU implementation; it is not fatal by itself")
                : new EventExplanation("The architecture reserves this number.",
                        "a newer SMMU than this description, or a corrupted record");
    }

    private static EventExplanation translation(final EventType type, final SmmuEventText event) {
        final String what = switch (type) {
            case F_TRANSLATION -> "no valid translation was found for the address";
            case F_ADDR_SIZE -> "a translation gave an address beyond the configured output size";
            case F_ACCESS -> "the translation's access flag is clear";
            default -> "the translation does not permit the access";
        };
        if (event.stage2()) {
            return new EventExplanation("At stage 2, " + what + ".", stage2Cause(event.faultClass()));
        }
        return new EventExplanation("At stage 1, " + what + ".", switch (type) {
            case F_TRANSLATION -> "the device used an address that its driver has not mapped, or has unmapped already";
            case F_ADDR_SIZE -> "a corrupted table, or CD.IPS smaller than the addresses in use";
            case F_ACCESS -> "a page whose access flag software manages, or was aged out, without hardware updates";
            default -> "a write to a buffer mapped read-only, or an unprivileged access to a privileged page";
        });
    }

    private static String stage2Cause(final int faultClass) {
        return switch (faultClass) {
            case EventLayout.CLASS_CD ->
                "the guest's context descriptor lies at an address that the guest does not have";
            case EventLayout.CLASS_TT ->
                "the guest's translation table lies at an address that the guest does not have";
            default -> "the device was given a guest physical address that the host has not mapped";
        };
    }

    private static EventExplanation other(final EventType type) {
        return switch (type) {
            case F_UUT -> new EventExplanation("The device made a kind of transaction that the SMMU does not support.",
                    "the device, or the fabric between it and the SMMU");
            case C_BAD_STREAMID -> new EventExplanation("The StreamID is outside of the stream table.",
                    "firmware tables (IORT, iommu-map) give the device another StreamID than the hardware uses");
            case F_STE_FETCH -> new EventExplanation("Reading the stream table entry was aborted.",
                    "the stream table lies where there is no memory");
            case C_BAD_STE -> new EventExplanation("The stream table entry is not valid.",
                    "a device without a driver, or before its driver has attached it, does DMA");
            case F_BAD_ATS_TREQ -> new EventExplanation("The device asked for an address translation (ATS) that its "
                    + "stream does not permit.", "ATS is enabled in the device but not in its stream table entry");
            case F_STREAM_DISABLED -> new EventExplanation("The stream permits no traffic without a SubstreamID.",
                    "a device set up for PASIDs does DMA without one");
            case F_TRANSL_FORBIDDEN -> new EventExplanation("The device used an already translated address, which its "
                    + "stream does not permit.", "ATS is enabled in the device but not in its stream table entry");
            case C_BAD_SUBSTREAMID -> new EventExplanation("The SubstreamID is out of range, or the stream takes none.",
                    "a PASID that is not bound, or was unbound already");
            case F_CD_FETCH -> new EventExplanation("Reading the context descriptor was aborted.",
                    "the context descriptor table lies where there is no memory");
            case C_BAD_CD -> new EventExplanation("The context descriptor is not valid.",
                    "a PASID that is not bound, or a driver that wrote settings the SMMU does not have");
            case F_WALK_EABT -> new EventExplanation("Reading a translation table descriptor was aborted.",
                    "a corrupted table that points to where there is no memory");
            case F_TLB_CONFLICT -> new EventExplanation("Two cached translations claim the same address.",
                    "a driver changed the size of a mapping without unmapping it first");
            case F_CFG_CONFLICT -> new EventExplanation("Two cached configurations claim the same stream.",
                    "STE.CONT covers entries that differ");
            case E_PAGE_REQUEST -> new EventExplanation("The device hints that it will use these pages soon.",
                    "nothing is wrong; no answer is needed");
            case F_VMS_FETCH -> new EventExplanation("Reading the virtual machine structure was aborted.",
                    "STE.VMSPtr points to where there is no memory");
            default -> throw new IllegalArgumentException(type + " is a translation fault");
        };
    }
}
