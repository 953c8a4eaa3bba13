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

package io.viommu.vtd.spec;

import io.viommu.device.Register;

/**
 * The registers (VT-d 11.4), as data: the rows of a unit that has everything. What a given unit lacks is left out by
 * its register frame: a register that is not there reads 0 and takes no writes.
 *
 * <p>The memory-type range registers at 100h to 21Fh, the performance, enhanced and virtual command registers belong to
 * capabilities that no unit here announces, so they have no rows.
 */
public final class VtdRegisters {

    /** Version: 1.0, so register-based invalidation works (it ended with 6.0). */
    public static final Register VER = Register.readOnly32("VER_REG", 0x000, 0x10);
    /** Capabilities. */
    public static final Register CAP = Register.readOnly64("CAP_REG", 0x008, 0);
    /** Extended capabilities. */
    public static final Register ECAP = Register.readOnly64("ECAP_REG", 0x010, 0);
    /** Global command; write-only, reads 0. */
    public static final Register GCMD = Register.readOnly32("GCMD_REG", 0x018, 0);
    /** Global status. */
    public static final Register GSTS = Register.readOnly32("GSTS_REG", 0x01C, 0);
    /** Root table address; takes effect with GCMD.SRTP. */
    public static final Register RTADDR = Register.readWrite64("RTADDR_REG", 0x020, 0, ~0x3FFL);
    /** Context command. SID and FM are write-only. */
    public static final Register CCMD = Register.readWrite64("CCMD_REG", 0x028, 0, 0xE000_0000_0000_FFFFL);
    /** Fault status. */
    public static final Register FSTS = new Register("FSTS_REG", 0x034, 4, 0, 0,
            StatusFields.PRIMARY_FAULT_OVERFLOW | StatusFields.INVALIDATION_QUEUE_ERROR
                    | StatusFields.INVALIDATION_COMPLETION_ERROR | StatusFields.INVALIDATION_TIMEOUT_ERROR);
    /** Fault event control. */
    public static final Register FECTL = Register.readWrite32("FECTL_REG", 0x038, StatusFields.INTERRUPT_MASK,
            StatusFields.INTERRUPT_MASK);
    /** Fault event data. */
    public static final Register FEDATA = Register.readWrite32("FEDATA_REG", 0x03C, 0, 0xFFFF);
    /** Fault event address. */
    public static final Register FEADDR = Register.readWrite32("FEADDR_REG", 0x040, 0, 0xFFFF_FFFCL);
    /** Fault event upper address; there with ECAP.EIM. */
    public static final Register FEUADDR = Register.readWrite32("FEUADDR_REG", 0x044, 0, 0xFFFF_FFFFL);
    /** Protected memory enable; there with CAP.PLMR or CAP.PHMR. */
    public static final Register PMEN = Register.readWrite32("PMEN_REG", 0x064, 0, 1L << 31);
    /** Protected low memory base. */
    public static final Register PLMBASE = Register.readWrite32("PLMBASE_REG", 0x068, 0, 0xFFF0_0000L);
    /** Protected low memory limit. */
    public static final Register PLMLIMIT = Register.readWrite32("PLMLIMIT_REG", 0x06C, 0, 0xFFF0_0000L);
    /** Protected high memory base. */
    public static final Register PHMBASE = Register.readWrite64("PHMBASE_REG", 0x070, 0, 0x000F_FFFF_FFF0_0000L);
    /** Protected high memory limit. */
    public static final Register PHMLIMIT = Register.readWrite64("PHMLIMIT_REG", 0x078, 0, 0x000F_FFFF_FFF0_0000L);
    /** Invalidation queue head. */
    public static final Register IQH = Register.readOnly64("IQH_REG", 0x080, 0);
    /** Invalidation queue tail. */
    public static final Register IQT = Register.readWrite64("IQT_REG", 0x088, 0, 0x7_FFF0L);
    /** Invalidation queue address, descriptor width and size. */
    public static final Register IQA = Register.readWrite64("IQA_REG", 0x090, 0, ~0x7F8L);
    /** Invalidation completion status. */
    public static final Register ICS = new Register("ICS_REG", 0x09C, 4, 0, 0,
            StatusFields.INVALIDATION_WAIT_COMPLETE);
    /** Invalidation event control. */
    public static final Register IECTL = Register.readWrite32("IECTL_REG", 0x0A0, StatusFields.INTERRUPT_MASK,
            StatusFields.INTERRUPT_MASK);
    /** Invalidation event data. */
    public static final Register IEDATA = Register.readWrite32("IEDATA_REG", 0x0A4, 0, 0xFFFF_FFFFL);
    /** Invalidation event address. */
    public static final Register IEADDR = Register.readWrite32("IEADDR_REG", 0x0A8, 0, 0xFFFF_FFFCL);
    /** Invalidation event upper address; there with ECAP.EIM. */
    public static final Register IEUADDR = Register.readWrite32("IEUADDR_REG", 0x0AC, 0, 0xFFFF_FFFFL);
    /** Invalidation queue error record. */
    public static final Register IQERCD = Register.readOnly64("IQERCD_REG", 0x0B0, 0);
    /** Interrupt remapping table address; takes effect with GCMD.SIRTP. */
    public static final Register IRTA = Register.readWrite64("IRTA_REG", 0x0B8, 0, ~0x7F0L);
    /** Page request queue head; this and the rest of the queue's registers are there with ECAP.PRS. */
    public static final Register PQH = Register.readWrite64("PQH_REG", 0x0C0, 0, 0x7_FFE0L);
    /** Page request queue tail; hardware's, but software writes it once, to 0. */
    public static final Register PQT = Register.readWrite64("PQT_REG", 0x0C8, 0, 0x7_FFE0L);
    /** Page request queue address and size. */
    public static final Register PQA = Register.readWrite64("PQA_REG", 0x0D0, 0, ~0xFF8L);
    /** Page request status. */
    public static final Register PRS = new Register("PRS_REG", 0x0DC, 4, 0, 0,
            StatusFields.PENDING_PAGE_REQUEST | StatusFields.PAGE_REQUEST_OVERFLOW);
    /** Page request event control. */
    public static final Register PECTL = Register.readWrite32("PECTL_REG", 0x0E0, StatusFields.INTERRUPT_MASK,
            StatusFields.INTERRUPT_MASK);
    /** Page request event data. */
    public static final Register PEDATA = Register.readWrite32("PEDATA_REG", 0x0E4, 0, 0xFFFF);
    /** Page request event address. */
    public static final Register PEADDR = Register.readWrite32("PEADDR_REG", 0x0E8, 0, 0xFFFF_FFFCL);
    /** Page request event upper address. */
    public static final Register PEUADDR = Register.readWrite32("PEUADDR_REG", 0x0EC, 0, 0xFFFF_FFFFL);

    private VtdRegisters() {
    }

    /**
     * The invalidate address register; write-only, reads 0.
     *
     * @param iotlbOffset where ECAP.IRO puts the IOTLB registers.
     * @return its row.
     */
    public static Register invalidateAddress(final int iotlbOffset) {
        return Register.readOnly64("IVA_REG", iotlbOffset, 0);
    }

    /**
     * The IOTLB invalidate register.
     *
     * @param iotlbOffset where ECAP.IRO puts the IOTLB registers.
     * @return its row.
     */
    public static Register iotlbInvalidate(final int iotlbOffset) {
        return Register.readWrite64("IOTLB_REG", iotlbOffset + 8, 0, 0xB003_FFFF_0000_0000L);
    }

    /**
     * The low word of a fault recording register.
     *
     * @param faultOffset where CAP.FRO puts the fault recording registers.
     * @param index       0 to the number of registers less 1.
     * @return its row.
     */
    public static Register faultRecordLow(final int faultOffset, final int index) {
        return Register.readOnly64("FRCD_REG[" + index + "].low", faultOffset + index * FaultRecordingLayout.LENGTH,
                0);
    }

    /**
     * The high word of a fault recording register: only F takes writes.
     *
     * @param faultOffset where CAP.FRO puts the fault recording registers.
     * @param index       0 to the number of registers less 1.
     * @return its row.
     */
    public static Register faultRecordHigh(final int faultOffset, final int index) {
        final int offset = faultOffset + index * FaultRecordingLayout.LENGTH + FaultRecordingLayout.HIGH;
        return new Register("FRCD_REG[" + index + "].high", offset, 8, 0, 0, FaultRecordingLayout.FAULT);
    }
}
