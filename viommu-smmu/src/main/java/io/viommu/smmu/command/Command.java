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

package io.viommu.smmu.command;

import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;

/**
 * The commands that a Non-secure queue of this model can take (IHI 0070, 4.1.1). What is not here is illegal: reserved
 * and IMPLEMENTATION DEFINED opcodes, and commands of what is never offered (EL3 streams, Secure state, MPAM, DPT).
 */
enum Command {
    // @formatter:off
    PREFETCH_CONFIG(CommandLayout.PREFETCH_CONFIG, Needs.NOTHING, true),
    PREFETCH_ADDR(CommandLayout.PREFETCH_ADDR, Needs.NOTHING, true),
    CFGI_STE(CommandLayout.CFGI_STE, Needs.NOTHING, true),
    CFGI_STE_RANGE(CommandLayout.CFGI_STE_RANGE, Needs.NOTHING, true),
    CFGI_CD(CommandLayout.CFGI_CD, Needs.STAGE_1, true),
    CFGI_CD_ALL(CommandLayout.CFGI_CD_ALL, Needs.STAGE_1, true),
    TLBI_NH_ALL(CommandLayout.TLBI_NH_ALL, Needs.STAGE_1, false),
    TLBI_NH_ASID(CommandLayout.TLBI_NH_ASID, Needs.STAGE_1, false),
    TLBI_NH_VA(CommandLayout.TLBI_NH_VA, Needs.STAGE_1, false),
    TLBI_NH_VAA(CommandLayout.TLBI_NH_VAA, Needs.STAGE_1, false),
    TLBI_EL2_ALL(CommandLayout.TLBI_EL2_ALL, Needs.EL2, false),
    TLBI_EL2_ASID(CommandLayout.TLBI_EL2_ASID, Needs.EL2, false),
    TLBI_EL2_VA(CommandLayout.TLBI_EL2_VA, Needs.EL2, false),
    TLBI_EL2_VAA(CommandLayout.TLBI_EL2_VAA, Needs.EL2, false),
    TLBI_S12_VMALL(CommandLayout.TLBI_S12_VMALL, Needs.STAGE_2, false),
    TLBI_S2_IPA(CommandLayout.TLBI_S2_IPA, Needs.STAGE_2, false),
    TLBI_NSNH_ALL(CommandLayout.TLBI_NSNH_ALL, Needs.NOTHING, false),
    ATC_INV(CommandLayout.ATC_INV, Needs.ATS, false),
    PRI_RESP(CommandLayout.PRI_RESP, Needs.PRI, false),
    RESUME(CommandLayout.RESUME, Needs.STALLS, true),
    STALL_TERM(CommandLayout.STALL_TERM, Needs.STALLS, true),
    SYNC(CommandLayout.SYNC, Needs.NOTHING, false);
    // @formatter:on

    /** What a device must offer for a command to be legal. */
    private enum Needs {
        NOTHING, STAGE_1, STAGE_2, EL2, ATS, PRI, STALLS;

        boolean met(final SmmuCapabilities capabilities) {
            return switch (this) {
                case NOTHING -> true;
                case STAGE_1 -> capabilities.stage1();
                case STAGE_2 -> capabilities.stage2();
                case EL2 -> capabilities.hypervisor();
                case ATS -> capabilities.ats();
                case PRI -> capabilities.pri();
                case STALLS -> capabilities.stalls();
            };
        }
    }

    private static final Command[] BY_OPCODE = new Command[256];
    static {
        for (final Command type : values()) {
            BY_OPCODE[type.opcode] = type;
        }
    }

    private final int opcode;
    private final Needs needs;
    private final boolean ssec;

    Command(final int opcode, final Needs needs, final boolean ssec) {
        this.opcode = opcode;
        this.needs = needs;
        this.ssec = ssec;
    }

    /** The command in a first word, or null if that opcode is never legal. */
    static Command of(final long word0) {
        return BY_OPCODE[(int) (word0 & CommandLayout.OPCODE)];
    }

    /** Whether the device offers what the command is about, and SSec is 0 where the command has it (4.1.6). */
    boolean legal(final long word0, final SmmuCapabilities capabilities) {
        return needs.met(capabilities) && (!ssec || (word0 & CommandLayout.SSEC) == 0);
    }

    /** StreamID, of the commands that name one. */
    static int stream(final long word0) {
        return (int) (word0 >>> CommandLayout.STREAM_SHIFT);
    }

    /** SubstreamID, of the commands that name one. */
    static int substream(final long word0) {
        return (int) (word0 >>> CommandLayout.LOW_FIELD_SHIFT) & CommandLayout.SUBSTREAM_MASK;
    }

    /** ASID, of TLB invalidations. */
    static int asid(final long word0) {
        return (int) (word0 >>> CommandLayout.ASID_SHIFT) & 0xFFFF;
    }

    /** Whether an identifier has no more bits than the device offers. */
    static boolean fits(final int id, final int bits) {
        return bits == Integer.SIZE || id >>> bits == 0;
    }
}
