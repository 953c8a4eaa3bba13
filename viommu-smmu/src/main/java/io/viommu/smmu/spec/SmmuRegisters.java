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

package io.viommu.smmu.spec;

import static io.viommu.device.Register.readOnly32;
import static io.viommu.device.Register.readWrite32;
import static io.viommu.device.Register.readWrite64;

import io.viommu.device.Register;

/**
 * The Non-secure registers of page 0 and page 1 (IHI 0070, 6.2 and 6.3) that are not optional, or whose option this
 * model can offer. Reset values and writable bits that depend on what a device offers are filled in by its register
 * frame. Offsets are within one 64 KiB page: the four registers of page 1 stand at their offset there, 0xA8 to 0xCC.
 *
 * <pre>
 * 0x00 IDR0 .. 0x14 IDR5   0x18 IIDR  0x1C AIDR        0x60 GERROR     0x64 GERRORN
 * 0x20 CR0    0x24 CR0ACK  0x28 CR1   0x2C CR2         0x68 GERROR_IRQ_CFG0 (64)  0x70 _CFG1  0x74 _CFG2
 * 0x40 STATUSR  0x44 GBPA  0x48 AGBPA                  0x80 STRTAB_BASE (64)      0x88 STRTAB_BASE_CFG
 * 0x50 IRQ_CTRL 0x54 IRQ_CTRLACK                       0xFD0 .. 0xFFC peripheral identification
 *
 *            BASE (64)   PROD   CONS    IRQ_CFG0 (64)  IRQ_CFG1  IRQ_CFG2
 * CMDQ       0x90        0x98   0x9C
 * EVENTQ     0xA0        0xA8*  0xAC*   0xB0           0xB8      0xBC        * in page 1
 * PRIQ       0xC0        0xC8*  0xCC*   0xD0           0xD8      0xDC
 * </pre>
 */
public final class SmmuRegisters {

    /** Bytes of one page of registers. */
    public static final int PAGE_SIZE = 0x1_0000;
    /** Bytes of the whole frame: page 0 and page 1. */
    public static final int FRAME_SIZE = 2 * PAGE_SIZE;

    /** Features (6.3.1). */
    public static final Register IDR0 = readOnly32("IDR0", 0x00, 0);
    /** Sizes (6.3.2). */
    public static final Register IDR1 = readOnly32("IDR1", 0x04, 0);
    /** ATOS offset (6.3.3). */
    public static final Register IDR2 = readOnly32("IDR2", 0x08, 0);
    /** More features (6.3.4). */
    public static final Register IDR3 = readOnly32("IDR3", 0x0C, 0);
    /** IMPLEMENTATION DEFINED (6.3.5). */
    public static final Register IDR4 = readOnly32("IDR4", 0x10, 0);
    /** Addresses and granules (6.3.6). */
    public static final Register IDR5 = readOnly32("IDR5", 0x14, 0);
    /** Implementer (6.3.7). */
    public static final Register IIDR = readOnly32("IIDR", 0x18, 0);
    /** Architecture version (6.3.8). */
    public static final Register AIDR = readOnly32("AIDR", 0x1C, 0);

    /** Global control (6.3.9): {@code VMW[8:6] ATSCHK[4] CMDQEN[3] EVENTQEN[2] PRIQEN[1] SMMUEN[0]}. */
    public static final Register CR0 = readWrite32("CR0", 0x20, 0, 0);
    /** Acknowledges {@link #CR0}, bit for bit (6.3.10). */
    public static final Register CR0ACK = readOnly32("CR0ACK", 0x24, 0);
    /** Translation is on. */
    public static final int CR0_SMMUEN = 1;
    /** The PRI queue is on. */
    public static final int CR0_PRIQEN = 1 << 1;
    /** The Event queue is on. */
    public static final int CR0_EVENTQEN = 1 << 2;
    /** The Command queue is on. */
    public static final int CR0_CMDQEN = 1 << 3;
    /** ATS translated traffic is checked. */
    public static final int CR0_ATSCHK = 1 << 4;
    /** Place of VMW, 3 bits: VMID wildcards. */
    public static final int CR0_VMW_SHIFT = 6;

    /** Attributes of tables {@code [11:6]} and queues {@code [5:0]} (6.3.11). */
    public static final Register CR1 = readWrite32("CR1", 0x28, 0, 0xFFF);
    /** TABLE_SH, TABLE_OC, TABLE_IC: guarded by SMMUEN. */
    public static final int CR1_TABLE = 0xFC0;
    /** QUEUE_SH, QUEUE_OC, QUEUE_IC: guarded by the queue enables. */
    public static final int CR1_QUEUE = 0x03F;

    /** More control (6.3.12): {@code REC_CFG_ATS[3] PTM[2] RECINVSID[1] E2H[0]}. */
    public static final Register CR2 = readWrite32("CR2", 0x2C, 0, 0);
    /** EL2 host mode. */
    public static final int CR2_E2H = 1;
    /** C_BAD_STREAMID is recorded. */
    public static final int CR2_RECINVSID = 1 << 1;
    /** Broadcast TLB maintenance is ignored. */
    public static final int CR2_PTM = 1 << 2;
    /** Configuration errors of ATS requests are recorded. */
    public static final int CR2_REC_CFG_ATS = 1 << 3;

    /** Hints (6.3.13); DORMANT stays 0. */
    public static final Register STATUSR = readOnly32("STATUSR", 0x40, 0);
    /** What happens to traffic while SMMUEN is 0 (6.3.14); takes a write only with UPDATE set in it. */
    public static final Register GBPA = readWrite32("GBPA", 0x44, 0, 0);
    /** Reads 1 while an update is under way; here updates are done when the write ends. */
    public static final int GBPA_UPDATE = 1 << 31;
    /** Abort all traffic. */
    public static final int GBPA_ABORT = 1 << 20;
    /** All other fields: INSTCFG, PRIVCFG, SHCFG, ALLOCCFG, MTCFG, MemAttr. */
    public static final int GBPA_ATTRIBUTES = 0x000F_3F1F;
    /** SHCFG = use incoming: the value the model resets to. */
    public static final int GBPA_SHCFG_INCOMING = 0x1000;
    /** IMPLEMENTATION DEFINED attributes (6.3.15): none. */
    public static final Register AGBPA = readOnly32("AGBPA", 0x48, 0);

    /** Interrupt enables (6.3.16): {@code EVENTQ_IRQEN[2] PRIQ_IRQEN[1] GERROR_IRQEN[0]}. */
    public static final Register IRQ_CTRL = readWrite32("IRQ_CTRL", 0x50, 0, 0);
    /** Acknowledges {@link #IRQ_CTRL} (6.3.18). */
    public static final Register IRQ_CTRLACK = readOnly32("IRQ_CTRLACK", 0x54, 0);
    /** Global errors interrupt. */
    public static final int IRQ_GERROR = 1;
    /** The PRI queue interrupts. */
    public static final int IRQ_PRIQ = 1 << 1;
    /** The Event queue interrupts. */
    public static final int IRQ_EVENTQ = 1 << 2;

    /** Errors: one is active while its bit differs from that of {@link #GERRORN} (6.3.19, 7.5). */
    public static final Register GERROR = readOnly32("GERROR", 0x60, 0);
    /** Acknowledges errors (6.3.20). */
    public static final Register GERRORN = readWrite32("GERRORN", 0x64, 0, 0);
    /** A command could not be processed; CMDQ_CONS.ERR says why. */
    public static final int GERROR_CMDQ = 1;
    /** A write to the Event queue aborted. */
    public static final int GERROR_EVENTQ_ABT = 1 << 2;
    /** A write to the PRI queue aborted. */
    public static final int GERROR_PRIQ_ABT = 1 << 3;
    /** The MSI of a CMD_SYNC aborted. */
    public static final int GERROR_MSI_CMDQ_ABT = 1 << 4;
    /** An Event queue MSI aborted. */
    public static final int GERROR_MSI_EVENTQ_ABT = 1 << 5;
    /** A PRI queue MSI aborted. */
    public static final int GERROR_MSI_PRIQ_ABT = 1 << 6;
    /** A GERROR MSI aborted. */
    public static final int GERROR_MSI_GERROR_ABT = 1 << 7;
    /** The device has entered Service failure mode (12.3). */
    public static final int GERROR_SFM = 1 << 8;

    /** Where the GERROR MSI goes (6.3.21): {@code ADDR[51:2]}, 0 for none. */
    public static final Register GERROR_IRQ_CFG0 = readWrite64("GERROR_IRQ_CFG0", 0x68, 0, 0);
    /** Data of the GERROR MSI (6.3.22). */
    public static final Register GERROR_IRQ_CFG1 = readWrite32("GERROR_IRQ_CFG1", 0x70, 0, 0);
    /** Attributes of the GERROR MSI (6.3.23). */
    public static final Register GERROR_IRQ_CFG2 = readWrite32("GERROR_IRQ_CFG2", 0x74, 0, 0);
    /** ADDR of an IRQ_CFG0. */
    public static final long MSI_ADDR = 0x000F_FFFF_FFFF_FFFCL;
    /** DATA of an IRQ_CFG1. */
    public static final long MSI_DATA = 0xFFFF_FFFFL;
    /** SH and MemAttr of an IRQ_CFG2. */
    public static final int MSI_ATTRIBUTES = 0x3F;
    /** PRIQ_IRQ_CFG2.LO: interrupt on the last request of a group only (6.3.36). */
    public static final int PRIQ_LO = 1 << 31;

    /** {@code RA[62] ADDR[51:6]} (6.3.24). */
    public static final Register STRTAB_BASE = readWrite64("STRTAB_BASE", 0x80, 0, 0x400F_FFFF_FFFF_FFC0L);
    /** ADDR of {@link #STRTAB_BASE}, before it is aligned to the table's size. */
    public static final long STRTAB_ADDR = 0x000F_FFFF_FFFF_FFC0L;
    /** {@code FMT[17:16] SPLIT[10:6] LOG2SIZE[5:0]} (6.3.25). */
    public static final Register STRTAB_BASE_CFG = readWrite32("STRTAB_BASE_CFG", 0x88, 0, 0x3_07FF);
    /** LOG2SIZE of the stream table. */
    public static final int STRTAB_LOG2SIZE = 0x3F;
    /** Place of SPLIT, 5 bits. */
    public static final int STRTAB_SPLIT_SHIFT = 6;
    /** Place of FMT, 2 bits. */
    public static final int STRTAB_FMT_SHIFT = 16;
    /** FMT: two levels. */
    public static final int STRTAB_FMT_TWO_LEVELS = 1;

    /** {@code RA[62] ADDR[51:5] LOG2SIZE[4:0]} (6.3.26). */
    public static final Register CMDQ_BASE = readWrite64("CMDQ_BASE", 0x90, 0, 0x400F_FFFF_FFFF_FFFFL);
    /** {@code WR[19:0]} (6.3.27). */
    public static final Register CMDQ_PROD = readWrite32("CMDQ_PROD", 0x98, 0, 0x000F_FFFF);
    /** {@code ERR[30:24] RD[19:0]} (6.3.28). */
    public static final Register CMDQ_CONS = readWrite32("CMDQ_CONS", 0x9C, 0, 0x7F0F_FFFF);
    /** {@code WA[62] ADDR[51:5] LOG2SIZE[4:0]} (6.3.29). */
    public static final Register EVENTQ_BASE = readWrite64("EVENTQ_BASE", 0xA0, 0, 0x400F_FFFF_FFFF_FFFFL);
    /** {@code OVFLG[31] WR[19:0]} (6.3.95). */
    public static final Register EVENTQ_PROD = readWrite32("EVENTQ_PROD", 0xA8, 0, 0x800F_FFFFL);
    /** {@code OVACKFLG[31] RD[19:0]} (6.3.96). */
    public static final Register EVENTQ_CONS = readWrite32("EVENTQ_CONS", 0xAC, 0, 0x800F_FFFFL);
    /** Where the Event queue MSI goes (6.3.30). */
    public static final Register EVENTQ_IRQ_CFG0 = readWrite64("EVENTQ_IRQ_CFG0", 0xB0, 0, 0);
    /** Data of the Event queue MSI (6.3.31). */
    public static final Register EVENTQ_IRQ_CFG1 = readWrite32("EVENTQ_IRQ_CFG1", 0xB8, 0, 0);
    /** Attributes of the Event queue MSI (6.3.32). */
    public static final Register EVENTQ_IRQ_CFG2 = readWrite32("EVENTQ_IRQ_CFG2", 0xBC, 0, 0);
    /** {@code WA[62] ADDR[51:5] LOG2SIZE[4:0]} (6.3.33). */
    public static final Register PRIQ_BASE = readWrite64("PRIQ_BASE", 0xC0, 0, 0x400F_FFFF_FFFF_FFFFL);
    /** {@code OVFLG[31] WR[19:0]} (6.3.97). */
    public static final Register PRIQ_PROD = readWrite32("PRIQ_PROD", 0xC8, 0, 0x800F_FFFFL);
    /** {@code OVACKFLG[31] RD[19:0]} (6.3.98). */
    public static final Register PRIQ_CONS = readWrite32("PRIQ_CONS", 0xCC, 0, 0x800F_FFFFL);
    /** Where the PRI queue MSI goes (6.3.34). */
    public static final Register PRIQ_IRQ_CFG0 = readWrite64("PRIQ_IRQ_CFG0", 0xD0, 0, 0);
    /** Data of the PRI queue MSI (6.3.35). */
    public static final Register PRIQ_IRQ_CFG1 = readWrite32("PRIQ_IRQ_CFG1", 0xD8, 0, 0);
    /** Attributes of the PRI queue MSI, and LO (6.3.36). */
    public static final Register PRIQ_IRQ_CFG2 = readWrite32("PRIQ_IRQ_CFG2", 0xDC, 0, 0);

    /** WR of a PROD register and RD of a CONS register, wrap flag included. */
    public static final int QUEUE_INDEX = 0x000F_FFFF;
    /** OVFLG of a PROD register and OVACKFLG of a CONS register. */
    public static final int OVERFLOW_FLAG = 1 << 31;
    /** Where CMDQ_CONS.ERR begins. */
    public static final int CMDQ_ERR_SHIFT = 24;
    /** CMDQ_CONS.ERR. */
    public static final int CMDQ_ERR = 0x7F << CMDQ_ERR_SHIFT;
    /** LOG2SIZE of a queue's BASE. */
    public static final int QUEUE_LOG2SIZE = 0x1F;
    /** ADDR of a queue's BASE, before it is aligned to the queue's size. */
    public static final long QUEUE_ADDR = 0x000F_FFFF_FFFF_FFE0L;

    /** Offset of the first of twelve identification registers, PIDR4 to CIDR3 (6.3.170). */
    public static final int ID_REGS = 0xFD0;

    private SmmuRegisters() {
    }
}
