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

package io.viommu.vtd.register;

import java.util.ArrayList;
import java.util.List;

import io.viommu.device.Register;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * Picks the register rows of {@link VtdRegisters} that one unit has: registers of a feature that it does not announce
 * are left out and so read 0.
 */
final class RegisterTable {

    private static final List<Register> ALWAYS = List.of(VtdRegisters.VER, VtdRegisters.GCMD, VtdRegisters.GSTS,
            VtdRegisters.RTADDR, VtdRegisters.CCMD, VtdRegisters.FSTS, VtdRegisters.FECTL, VtdRegisters.FEDATA,
            VtdRegisters.FEADDR, VtdRegisters.IQH, VtdRegisters.IQT, VtdRegisters.IQA, VtdRegisters.ICS,
            VtdRegisters.IECTL, VtdRegisters.IEDATA, VtdRegisters.IEADDR, VtdRegisters.IRTA);
    private static final List<Register> PROTECTED_MEMORY = List.of(VtdRegisters.PMEN, VtdRegisters.PLMBASE,
            VtdRegisters.PLMLIMIT, VtdRegisters.PHMBASE, VtdRegisters.PHMLIMIT);
    private static final List<Register> PAGE_REQUESTS = List.of(VtdRegisters.PQH, VtdRegisters.PQT, VtdRegisters.PQA,
            VtdRegisters.PRS, VtdRegisters.PEDATA, VtdRegisters.PEADDR, VtdRegisters.PEUADDR);

    private RegisterTable() {
    }

    /** The rows; like QEMU's unit, one may have no error record (old hardware has none) and PECTL unmasked at reset. */
    static List<Register> of(final VtdCapabilities capabilities, final boolean likeQemu) {
        final List<Register> rows = new ArrayList<>(ALWAYS);
        if (!likeQemu) {
            rows.add(VtdRegisters.IQERCD);
        }
        rows.add(VtdRegisters.CAP.withReset(capabilities.cap()));
        rows.add(VtdRegisters.ECAP.withReset(capabilities.ecap()));
        if (capabilities.hasExtended(CapabilityFields.EIM)) {
            rows.add(VtdRegisters.FEUADDR);
            rows.add(VtdRegisters.IEUADDR);
        }
        if (capabilities.has(CapabilityFields.PLMR | CapabilityFields.PHMR)) {
            rows.addAll(PROTECTED_MEMORY);
        }
        if (capabilities.hasExtended(CapabilityFields.PRS)) {
            rows.addAll(PAGE_REQUESTS);
            rows.add(likeQemu ? VtdRegisters.PECTL.withReset(0) : VtdRegisters.PECTL);
        }
        rows.add(VtdRegisters.invalidateAddress(capabilities.iotlbOffset()));
        rows.add(VtdRegisters.iotlbInvalidate(capabilities.iotlbOffset()));
        for (int i = 0; i < capabilities.faultRecords(); i++) {
            rows.add(VtdRegisters.faultRecordLow(capabilities.faultRecordOffset(), i));
            rows.add(VtdRegisters.faultRecordHigh(capabilities.faultRecordOffset(), i));
        }
        return rows;
    }
}
