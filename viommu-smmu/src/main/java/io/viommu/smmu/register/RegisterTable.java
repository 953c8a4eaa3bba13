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

package io.viommu.smmu.register;

import java.util.ArrayList;
import java.util.List;

import io.viommu.device.Register;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * Fills the register rows of {@link SmmuRegisters} with what depends on the capabilities of one device: registers of
 * what is not offered are left out and so read 0, and enables of absent options can't be set.
 *
 * <p>Compatible with QEMU, some reserved bits are stored, as the architecture permits: the low bits of STRTAB_BASE, and
 * the GERROR message registers although no messages are offered.
 */
final class RegisterTable {

    private static final long STORED_BASE = 0x400F_FFFF_FFFF_FFFFL;

    /** PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3, one byte each (6.3.170). */
    private static final int[] QEMU_ID_REGS = { 0x04, 0, 0, 0, 0x84, 0xB4, 0xF0, 0x10, 0x0D, 0xF0, 0x05, 0xB1 };
    private static final int[] PLAIN_ID_REGS = { 0, 0, 0, 0, 0, 0, 0, 0, 0x0D, 0xF0, 0x05, 0xB1 };

    private RegisterTable() {
    }

    static List<Register> of(final SmmuCapabilities capabilities) {
        final List<Register> rows = new ArrayList<>(identification(capabilities));
        rows.add(writable(SmmuRegisters.CR0, cr0(capabilities)));
        rows.add(SmmuRegisters.CR0ACK);
        rows.add(SmmuRegisters.CR1);
        rows.add(writable(SmmuRegisters.CR2, cr2(capabilities)));
        rows.add(SmmuRegisters.STATUSR);
        rows.add(SmmuRegisters.GBPA.withReset(SmmuRegisters.GBPA_SHCFG_INCOMING));
        rows.add(SmmuRegisters.AGBPA);
        rows.add(writable(SmmuRegisters.IRQ_CTRL, irqCtrl(capabilities)));
        rows.add(SmmuRegisters.IRQ_CTRLACK);
        rows.add(SmmuRegisters.GERROR);
        rows.add(writable(SmmuRegisters.GERRORN, errors(capabilities)));
        rows.add(capabilities.qemu() ? writable(SmmuRegisters.STRTAB_BASE, STORED_BASE) : SmmuRegisters.STRTAB_BASE);
        rows.add(SmmuRegisters.STRTAB_BASE_CFG);
        rows.add(SmmuRegisters.CMDQ_BASE.withReset(capabilities.commandQueueLog2()));
        rows.add(SmmuRegisters.CMDQ_PROD);
        rows.add(SmmuRegisters.CMDQ_CONS);
        rows.add(SmmuRegisters.EVENTQ_BASE.withReset(capabilities.eventQueueLog2()));
        rows.add(SmmuRegisters.EVENTQ_PROD);
        rows.add(SmmuRegisters.EVENTQ_CONS);
        if (capabilities.pri()) {
            rows.add(SmmuRegisters.PRIQ_BASE.withReset(capabilities.pageRequestQueueLog2()));
            rows.add(SmmuRegisters.PRIQ_PROD);
            rows.add(SmmuRegisters.PRIQ_CONS);
        }
        addMessages(rows, capabilities);
        return rows;
    }

    private static void addMessages(final List<Register> rows, final SmmuCapabilities capabilities) {
        if (capabilities.msi()) {
            addMessage(rows, SmmuRegisters.GERROR_IRQ_CFG0, SmmuRegisters.GERROR_IRQ_CFG1,
                    SmmuRegisters.GERROR_IRQ_CFG2);
            addMessage(rows, SmmuRegisters.EVENTQ_IRQ_CFG0, SmmuRegisters.EVENTQ_IRQ_CFG1,
                    SmmuRegisters.EVENTQ_IRQ_CFG2);
        } else if (capabilities.qemu()) {
            rows.add(writable(SmmuRegisters.GERROR_IRQ_CFG0, -1L));
            rows.add(writable(SmmuRegisters.GERROR_IRQ_CFG1, SmmuRegisters.MSI_DATA));
            rows.add(writable(SmmuRegisters.GERROR_IRQ_CFG2, SmmuRegisters.MSI_DATA));
        }
        if (capabilities.pri()) {
            addPageRequestMessage(rows, capabilities.msi());
        }
    }

    /** LO is about the wire, too: it is there without MSIs (6.3.1). */
    private static void addPageRequestMessage(final List<Register> rows, final boolean messages) {
        long bits = Integer.toUnsignedLong(SmmuRegisters.PRIQ_LO);
        if (messages) {
            rows.add(writable(SmmuRegisters.PRIQ_IRQ_CFG0, SmmuRegisters.MSI_ADDR));
            rows.add(writable(SmmuRegisters.PRIQ_IRQ_CFG1, SmmuRegisters.MSI_DATA));
            bits |= SmmuRegisters.MSI_ATTRIBUTES;
        }
        rows.add(writable(SmmuRegisters.PRIQ_IRQ_CFG2, bits));
    }

    private static List<Register> identification(final SmmuCapabilities capabilities) {
        final List<Register> rows = new ArrayList<>();
        rows.add(SmmuRegisters.IDR0.withReset(Integer.toUnsignedLong(capabilities.idr0())));
        rows.add(SmmuRegisters.IDR1.withReset(capabilities.idr1()));
        rows.add(SmmuRegisters.IDR2);
        rows.add(SmmuRegisters.IDR3.withReset(capabilities.idr3()));
        rows.add(SmmuRegisters.IDR4);
        rows.add(SmmuRegisters.IDR5.withReset(Integer.toUnsignedLong(capabilities.idr5())));
        rows.add(SmmuRegisters.IIDR);
        rows.add(SmmuRegisters.AIDR.withReset(capabilities.aidr()));
        final int[] bytes = capabilities.qemu() ? QEMU_ID_REGS : PLAIN_ID_REGS;
        for (int i = 0; i < bytes.length; i++) {
            rows.add(Register.readOnly32("ID_REG" + i, SmmuRegisters.ID_REGS + 4 * i, bytes[i]));
        }
        return rows;
    }

    private static void addMessage(final List<Register> rows, final Register address, final Register data,
            final Register attributes) {
        rows.add(writable(address, SmmuRegisters.MSI_ADDR));
        rows.add(writable(data, SmmuRegisters.MSI_DATA));
        rows.add(writable(attributes, SmmuRegisters.MSI_ATTRIBUTES));
    }

    /** VMW stays 0: no VMID wildcards are offered (IDR0.VMW). */
    private static long cr0(final SmmuCapabilities capabilities) {
        return SmmuRegisters.CR0_SMMUEN | SmmuRegisters.CR0_EVENTQEN | SmmuRegisters.CR0_CMDQEN
                | (capabilities.pri() ? SmmuRegisters.CR0_PRIQEN : 0)
                | (capabilities.ats() ? SmmuRegisters.CR0_ATSCHK : 0);
    }

    /** PTM stays 0: no broadcast maintenance is offered (IDR0.BTM). */
    private static long cr2(final SmmuCapabilities capabilities) {
        return SmmuRegisters.CR2_RECINVSID | (capabilities.recordsAtsErrors() ? SmmuRegisters.CR2_REC_CFG_ATS : 0)
                | (capabilities.hypervisor() ? SmmuRegisters.CR2_E2H : 0);
    }

    private static long irqCtrl(final SmmuCapabilities capabilities) {
        return SmmuRegisters.IRQ_GERROR | SmmuRegisters.IRQ_EVENTQ | (capabilities.pri() ? SmmuRegisters.IRQ_PRIQ : 0);
    }

    private static long errors(final SmmuCapabilities capabilities) {
        int errors = SmmuRegisters.GERROR_CMDQ | SmmuRegisters.GERROR_EVENTQ_ABT | SmmuRegisters.GERROR_SFM;
        if (capabilities.pri()) {
            errors |= SmmuRegisters.GERROR_PRIQ_ABT;
        }
        if (capabilities.msi()) {
            errors |= SmmuRegisters.GERROR_MSI_CMDQ_ABT | SmmuRegisters.GERROR_MSI_EVENTQ_ABT
                    | SmmuRegisters.GERROR_MSI_GERROR_ABT;
        }
        if (capabilities.msi() && capabilities.pri()) {
            errors |= SmmuRegisters.GERROR_MSI_PRIQ_ABT;
        }
        return errors;
    }

    private static Register writable(final Register row, final long bits) {
        return new Register(row.name(), row.offset(), row.width(), row.reset(), bits, 0);
    }
}
