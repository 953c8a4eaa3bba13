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

/**
 * The fault reasons of a fault recording register: address translation faults (VT-d 7.1.3, table 30) and interrupt
 * remapping faults (VT-d 5.1.4). The constants bear the specification's condition codes.
 *
 * <p>Whether a fault is <em>qualified</em> decides if the FPD bits of the structures on its way can suppress it.
 * Reasons of host permission tables (A0h to A5h) are missing: they need a capability that no unit here has.
 */
public enum FaultReason {
    // Legacy root and context tables
    /** Root entry not present. */
    LRT_2(0x01, Fpd.IGNORED, "root entry not present", "Present bit in root entry is clear"),
    /** Context entry not present. */
    LCT_2(0x02, Fpd.SUPPRESSES, "context entry not present",
            "Present bit in context entry is clear"),
    /** Context entry wrongly programmed: unsupported address width or translation type, or no top table. */
    LCT_4(0x03, Fpd.SUPPRESSES,
            "context entry wrongly programmed: unsupported address width or translation type, or no top table",
            "Invalid context entry"),
    /** Address beyond the width of the guest's tables. */
    LGN_1(0x04, Fpd.SUPPRESSES, "address beyond the width of the guest's tables",
            "Access beyond MGAW"),
    /** No write permission. */
    LGN_2(0x05, Fpd.SUPPRESSES, "no write permission", "PTE Write access is not set"),
    /** No read permission. */
    LGN_3(0x06, Fpd.SUPPRESSES, "no read permission", "PTE Read access is not set"),
    /** Error accessing a second-stage entry. */
    LSS_1(0x07, Fpd.SUPPRESSES, "error accessing a second-stage entry",
            "Next page table ptr is invalid"),
    /** Error accessing the root entry. */
    LRT_1(0x08, Fpd.IGNORED, "error accessing the root entry", "Root table address invalid"),
    /** Error accessing the context entry. */
    LCT_1(0x09, Fpd.IGNORED, "error accessing the context entry", "Context table ptr is invalid"),
    /** Reserved bits set in a present root entry. */
    LRT_3(0x0A, Fpd.IGNORED, "reserved bits set in a present root entry",
            "non-zero reserved fields in RTP"),
    /** Reserved bits set in a present context entry. */
    LCT_3(0x0B, Fpd.SUPPRESSES, "reserved bits set in a present context entry",
            "non-zero reserved fields in CTP"),
    /** Reserved bits set in a second-stage entry. */
    LSS_2(0x0C, Fpd.SUPPRESSES, "reserved bits set in a second-stage entry",
            "non-zero reserved fields in PTE"),
    /** The context entry blocks translation and translated requests. */
    LCT_5(0x0D, Fpd.SUPPRESSES, "the context entry blocks translation and translated requests",
            "PCE for translation request specifies blocking"),
    /** Output address in the interrupt range. */
    LGN_4(0x0E, Fpd.SUPPRESSES, "output address in the interrupt range", "Unknown"),
    // Interrupt remapping
    /** Reserved field set in a remappable interrupt request. */
    IR_20(0x20, Fpd.IGNORED, "reserved field set in a remappable interrupt request",
            "Detected reserved fields in the decoded interrupt-remapped request"),
    /** Interrupt index beyond the table. */
    IR_21(0x21, Fpd.IGNORED, "interrupt index beyond the table",
            "Interrupt index exceeded the interrupt-remapping table size"),
    /** Interrupt remapping table entry not present. */
    IR_22(0x22, Fpd.SUPPRESSES, "interrupt remapping table entry not present",
            "Present field in the IRTE entry is clear"),
    /** Error accessing the interrupt remapping table entry. */
    IR_23(0x23, Fpd.IGNORED, "error accessing the interrupt remapping table entry",
            "Error accessing interrupt-remapping table pointed by IRTA_REG"),
    /** Reserved bits set in a present interrupt remapping table entry. */
    IR_24(0x24, Fpd.SUPPRESSES,
            "reserved bits set in a present interrupt remapping table entry",
            "Detected reserved fields in the IRTE entry"),
    /** Compatibility-format interrupt blocked. */
    IR_25(0x25, Fpd.IGNORED, "compatibility-format interrupt blocked",
            "Blocked a compatibility format interrupt request"),
    /** The source of the interrupt may not use this entry. */
    IR_26(0x26, Fpd.SUPPRESSES, "the source of the interrupt may not use this entry",
            "Blocked an interrupt request due to source-id verification failure"),
    /** Error accessing the posted interrupt descriptor. */
    IR_27(0x27, Fpd.SUPPRESSES, "error accessing the posted interrupt descriptor",
            "Unknown"),
    /** Reserved bits set in the posted interrupt descriptor. */
    IR_28(0x28, Fpd.SUPPRESSES, "reserved bits set in the posted interrupt descriptor",
            "Unknown"),
    /** Request into the interrupt range that is no interrupt. */
    IR_29(0x29, Fpd.IGNORED, "request into the interrupt range that is no interrupt",
            "Unknown"),
    // Root table address register
    /** Root table address register wrongly programmed. */
    RTA_1(0x30, Fpd.IGNORED, "root table address register wrongly programmed",
            "SM: Invalid Root Table Address"),
    /** Request with PASID in legacy mode. */
    RTA_2(0x31, Fpd.IGNORED, "request with PASID in legacy mode",
            "SM: TTM 0 for request with PASID"),
    /** Page request in legacy mode. */
    RTA_3(0x32, Fpd.IGNORED, "page request in legacy mode", "SM: TTM 0 for page group request"),
    /** Abort-DMA mode. */
    RTA_4(0x33, Fpd.IGNORED, "abort-DMA mode", "Unknown"),
    // Scalable-mode root and context tables
    /** Error accessing the root entry. */
    SRT_1(0x38, Fpd.IGNORED, "error accessing the root entry",
            "SM: Error attempting to access Root Entry"),
    /** Root entry not present. */
    SRT_2(0x39, Fpd.IGNORED, "root entry not present", "SM: Present bit in Root Entry is clear"),
    /** Reserved bits set in a present root entry. */
    SRT_3(0x3A, Fpd.IGNORED, "reserved bits set in a present root entry",
            "SM: Non-zero reserved field set in Root Entry"),
    /** Error accessing the context entry. */
    SCT_1(0x40, Fpd.IGNORED, "error accessing the context entry",
            "SM: Error attempting to access Context Entry"),
    /** Context entry not present. */
    SCT_2(0x41, Fpd.SUPPRESSES, "context entry not present",
            "SM: Present bit in Context Entry is clear"),
    /** Reserved bits set in a present context entry. */
    SCT_3(0x42, Fpd.SUPPRESSES, "reserved bits set in a present context entry",
            "SM: Non-zero reserved field set in the Context Entry"),
    /** Context entry wrongly programmed: RID_PASID is beyond the size of the PASID directory. */
    SCT_4(0x43, Fpd.SUPPRESSES, "context entry wrongly programmed", "SM: Invalid Context Entry"),
    /** Device-TLB not enabled in the context entry. */
    SCT_5(0x44, Fpd.SUPPRESSES, "device-TLB not enabled in the context entry",
            "SM: DTE field in Context Entry is clear"),
    /** PASID not enabled in the context entry. */
    SCT_6(0x45, Fpd.SUPPRESSES, "PASID not enabled in the context entry",
            "SM: PASID Enable field in Context Entry is clear"),
    /** PASID beyond the size of the PASID directory. */
    SCT_7(0x46, Fpd.SUPPRESSES, "PASID beyond the size of the PASID directory",
            "SM: PASID is larger than the max in Context Entry"),
    /** Page requests not enabled in the context entry. */
    SCT_8(0x47, Fpd.SUPPRESSES, "page requests not enabled in the context entry",
            "SM: PRE field in Context-Entry is clear"),
    /** RID_PASID, the PASID of requests without one, is wrong; of older hardware, no unit here has it. */
    SCT_9(0x48, Fpd.SUPPRESSES, "RID_PASID, the PASID of requests without one, is wrong",
            "SM: RID_PASID field error in Context-Entry"),
    // PASID directory and table
    /** Error accessing the PASID directory entry. */
    SPD_1(0x50, Fpd.IGNORED, "error accessing the PASID directory entry",
            "SM: Error attempting to access the PASID Directory Entry"),
    /** PASID directory entry not present. */
    SPD_2(0x51, Fpd.SUPPRESSES, "PASID directory entry not present",
            "SM: Present bit in Directory Entry is clear"),
    /** Reserved bits set in a present PASID directory entry. */
    SPD_3(0x52, Fpd.SUPPRESSES, "reserved bits set in a present PASID directory entry",
            "SM: Non-zero reserved field set in PASID Directory Entry"),
    /** Error accessing the PASID table entry. */
    SPT_1(0x58, Fpd.IGNORED, "error accessing the PASID table entry",
            "SM: Error attempting to access PASID Table Entry"),
    /** PASID table entry not present. */
    SPT_2(0x59, Fpd.SUPPRESSES, "PASID table entry not present",
            "SM: Present bit in PASID Table Entry is clear"),
    /** Reserved bits set in a present PASID table entry. */
    SPT_3(0x5A, Fpd.SUPPRESSES, "reserved bits set in a present PASID table entry",
            "SM: Non-zero reserved field set in PASID Table Entry"),
    /** PASID table entry wrongly programmed. */
    SPT_4(0x5B, Fpd.SUPPRESSES, "PASID table entry wrongly programmed",
            "SM: Invalid Scalable-Mode PASID Table Entry"),
    /** Execute permission sought, but not enabled in the PASID table entry. */
    SPT_5(0x5C, Fpd.SUPPRESSES,
            "execute permission sought, but not enabled in the PASID table entry",
            "SM: ERE field is clear in PASID Table Entry"),
    /** Supervisor privilege sought, but not enabled in the PASID table entry. */
    SPT_6(0x5D, Fpd.SUPPRESSES,
            "supervisor privilege sought, but not enabled in the PASID table entry",
            "SM: SRE field is clear in PASID Table Entry"),
    // First stage
    /** Error accessing a first-stage entry. */
    SFS_1(0x70, Fpd.SUPPRESSES, "error accessing a first-stage entry",
            "SM: Error attempting to access first-level paging entry"),
    /** First-stage entry not present. */
    SFS_2(0x71, Fpd.SUPPRESSES, "first-stage entry not present",
            "SM: Present bit in first-level paging entry is clear"),
    /** Reserved bits set in a present first-stage entry. */
    SFS_3(0x72, Fpd.SUPPRESSES, "reserved bits set in a present first-stage entry",
            "SM: Non-zero reserved field set in first-level paging entry"),
    /** Error accessing the top first-stage table. */
    SFS_4(0x73, Fpd.SUPPRESSES, "error accessing the top first-stage table",
            "SM: Error attempting to access FL-PML4 entry"),
    /** First-stage table outside the guest's memory. */
    SFS_5(0x74, Fpd.SUPPRESSES, "first-stage table outside the guest's memory",
            "SM: First-level entry address beyond MGAW in Nested translation"),
    /** The second stage forbids reading the top first-stage table. */
    SFS_6(0x75, Fpd.SUPPRESSES,
            "the second stage forbids reading the top first-stage table",
            "SM: Read permission error in FL-PML4 entry in Nested translation"),
    /** The second stage forbids reading a first-stage table. */
    SFS_7(0x76, Fpd.SUPPRESSES, "the second stage forbids reading a first-stage table",
            "SM: Read permission error in first-level paging entry in Nested translation"),
    /** The second stage forbids setting an access or dirty flag. */
    SFS_8(0x77, Fpd.SUPPRESSES, "the second stage forbids setting an access or dirty flag",
            "SM: Write permission error in first-level paging entry in Nested translation"),
    /** An access or dirty flag had to be set, but walks are not coherent. */
    SFS_9(0x90, Fpd.SUPPRESSES,
            "an access or dirty flag had to be set, but walks are not coherent",
            "SM: A/D bit update needed in first-level entry when set up in no snoop"),
    /** Setting an access or dirty flag failed. */
    SFS_10(0x91, Fpd.SUPPRESSES, "setting an access or dirty flag failed", "Unknown"),
    // Second stage in scalable mode
    /** Error accessing a second-stage entry. */
    SSS_1(0x78, Fpd.SUPPRESSES, "error accessing a second-stage entry",
            "SM: Error attempting to access second-level paging entry"),
    /** The second stage permits neither read nor write. */
    SSS_2(0x79, Fpd.SUPPRESSES, "the second stage permits neither read nor write",
            "SM: Read/Write permission error in second-level paging entry"),
    /** Reserved bits set in a second-stage entry. */
    SSS_3(0x7A, Fpd.SUPPRESSES, "reserved bits set in a second-stage entry",
            "SM: Non-zero reserved field set in second-level paging entry"),
    /** Error accessing the top second-stage table. */
    SSS_4(0x7B, Fpd.SUPPRESSES, "error accessing the top second-stage table",
            "SM: Invalid second-level page table pointer"),
    /** A second-stage flag had to be set, but walks are not coherent. */
    SSS_5(0x7C, Fpd.SUPPRESSES,
            "a second-stage flag had to be set, but walks are not coherent",
            "SM: A/D bit update needed in second-level entry when set up in no snoop"),
    /** Setting a second-stage access or dirty flag failed. */
    SSS_6(0x7D, Fpd.SUPPRESSES, "setting a second-stage access or dirty flag failed",
            "Unknown"),
    // Scalable mode in general
    /** Address not canonical. */
    SGN_1(0x80, Fpd.SUPPRESSES, "address not canonical",
            "SM: Address in first-level translation is not canonical"),
    /** User request to a supervisor page. */
    SGN_2(0x81, Fpd.SUPPRESSES, "user request to a supervisor page",
            "SM: U/S set 0 for first-level translation with user privilege"),
    /** No execute permission. */
    SGN_3(0x82, Fpd.SUPPRESSES, "no execute permission",
            "SM: No execute permission for request with PASID and ER=1"),
    /** Host address beyond the width of the hardware. */
    SGN_4(0x83, Fpd.SUPPRESSES, "host address beyond the width of the hardware",
            "SM: Address beyond the DMA hardware max"),
    /** Second-stage address beyond the width of the tables. */
    SGN_5(0x84, Fpd.SUPPRESSES, "second-stage address beyond the width of the tables",
            "SM: Second-level entry address beyond the max"),
    /** No write permission. */
    SGN_6(0x85, Fpd.SUPPRESSES, "no write permission",
            "SM: No write permission for Write/AtomicOp request"),
    /** No read permission. */
    SGN_7(0x86, Fpd.SUPPRESSES, "no read permission",
            "SM: No read permission for Read/AtomicOp request"),
    /** Output address in the interrupt range. */
    SGN_8(0x87, Fpd.SUPPRESSES, "output address in the interrupt range",
            "SM: Invalid address-interrupt address"),
    /** PASID wider than the hardware supports. */
    SGN_10(0x89, Fpd.SUPPRESSES, "PASID wider than the hardware supports", "Unknown");

    private static final FaultReason[] BY_CODE = new FaultReason[256];

    static {
        for (final FaultReason reason : values()) {
            BY_CODE[reason.code] = reason;
        }
    }

    private final int code;
    private final boolean qualified;
    private final String condition;
    private final String linuxText;

    FaultReason(final int code, final boolean qualified, final String condition,
            final String linuxText) {
        this.code = code;
        this.qualified = qualified;
        this.condition = condition;
        this.linuxText = linuxText;
    }

    /**
     * The reason with a code.
     *
     * @param code the FR field, 0 to 255.
     * @return the reason, or null if the code is reserved.
     */
    public static FaultReason of(final int code) {
        return BY_CODE[code & 0xFF];
    }

    /**
     * The code of the FR field.
     *
     * @return 1 to 255.
     */
    public int code() {
        return code;
    }

    /**
     * The specification's name of the condition.
     *
     * @return for example {@code LRT.2}; for interrupt remapping, which has none, for example {@code IR.22h}.
     */
    public String conditionCode() {
        return interrupt() ? "IR." + Integer.toHexString(code) + "h" : name().replace('_', '.');
    }

    /**
     * What went wrong.
     *
     * @return a clause for people.
     */
    public String condition() {
        return condition;
    }

    /**
     * Whether fault-processing-disable bits can suppress the fault.
     *
     * @return the "qualified" column.
     */
    public boolean qualified() {
        return qualified;
    }

    /**
     * Whether it is a fault of interrupt remapping: the record then carries an index instead of an address.
     *
     * @return true for 20h to 2Fh.
     */
    public boolean interrupt() {
        return code >>> 4 == 2;
    }

    /**
     * Whether memory did not answer where a table was to be read.
     *
     * @return true if nothing is known of what the table says.
     */
    public boolean accessError() {
        return switch (this) {
            case LRT_1, LCT_1, LSS_1, SRT_1, SCT_1, SPD_1, SPT_1, SFS_1, SFS_4, SSS_1, SSS_4 -> true;
            default -> false;
        };
    }

    /**
     * Whether only scalable-mode tables can have it.
     *
     * @return false for legacy reasons, for those of interrupt remapping and of the root table address register.
     */
    public boolean scalable() {
        return code >= 0x38;
    }

    /**
     * Where the specification describes it.
     *
     * @return a section number.
     */
    public String section() {
        return interrupt() ? "5.1.4" : "7.1.3";
    }

    /**
     * What Linux's driver prints for the reason.
     *
     * @return its text; {@code Unknown} where it has none.
     */
    public String linuxText() {
        return linuxText;
    }

    /** The "qualified" column in words. */
    private static final class Fpd {
        static final boolean SUPPRESSES = true;
        static final boolean IGNORED = false;
    }
}
