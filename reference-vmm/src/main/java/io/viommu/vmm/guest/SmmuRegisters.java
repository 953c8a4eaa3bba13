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

package io.viommu.vmm.guest;

/**
 * What a driver knows of an SMMUv3: offsets and bits of IHI 0070, chapter 6, written down here for a second time, so
 * that a slip in the model's tables is not repeated by its test driver.
 */
final class SmmuRegisters {

    static final int IDR0 = 0x0;
    static final int IDR1 = 0x4;
    static final int IDR5 = 0x14;
    static final int CR0 = 0x20;
    static final int CR0ACK = 0x24;
    static final int CR1 = 0x28;
    static final int CR2 = 0x2C;
    static final int GBPA = 0x44;
    static final int IRQ_CTRL = 0x50;
    static final int IRQ_CTRLACK = 0x54;
    static final int GERROR = 0x60;
    static final int GERRORN = 0x64;
    static final int GERROR_IRQ_CFG0 = 0x68;
    static final int STRTAB_BASE = 0x80;
    static final int STRTAB_BASE_CFG = 0x88;
    static final int CMDQ_BASE = 0x90;
    static final int CMDQ_PROD = 0x98;
    static final int CMDQ_CONS = 0x9C;
    static final int EVENTQ_BASE = 0xA0;
    static final int EVENTQ_IRQ_CFG0 = 0xB0;
    static final int EVENTQ_PROD = 0x1_00A8;
    static final int EVENTQ_CONS = 0x1_00AC;
    /** Offsets of the data and the attributes of a message from the register of its address. */
    static final int IRQ_CFG1 = 0x8;
    static final int IRQ_CFG2 = 0xC;

    static final int IDR0_HYP = 1 << 9;
    static final int IDR0_MSI = 1 << 13;
    static final int IDR0_STALL_MODEL_SHIFT = 24;
    static final int IDR0_ST_LEVEL_SHIFT = 27;

    static final int CR0_SMMUEN = 1;
    static final int CR0_EVENTQEN = 1 << 2;
    static final int CR0_CMDQEN = 1 << 3;

    /** Tables and queues inner shareable, write-back cacheable. */
    static final int CR1_CACHEABLE = 3 << 10 | 1 << 8 | 1 << 6 | 3 << 4 | 1 << 2 | 1;
    static final int CR2_RECINVSID = 1 << 1;
    static final int CR2_PTM = 1 << 2;

    static final int GBPA_UPDATE = 1 << 31;
    static final int GBPA_ABORT = 1 << 20;

    static final int IRQ_CTRL_GERROR = 1;
    static final int IRQ_CTRL_EVENTQ = 1 << 2;

    static final int GERROR_CMDQ = 1;
    static final int GERROR_EVENTQ_ABORT = 1 << 2;
    /** Every error but the reserved bit 1. */
    static final int GERROR_ALL = 0x1FD;

    /** Read-allocate and write-allocate hints: bit 62 of every BASE register. */
    static final long BASE_ALLOCATE = 1L << 62;
    static final int OVERFLOW = 1 << 31;

    static final int STRTAB_2_LEVEL = 1 << 16;
    static final int STRTAB_SPLIT_SHIFT = 6;
    static final int SPLIT = 8;

    /** Device-nGnRE, the memory type of a message. */
    static final int MSI_DEVICE_NGNRE = 1;

    /** The driver's own numbers of the wires, in the order of the architecture's list (IHI 0070, 3.18). */
    static final int WIRE_EVENTQ = 0;
    static final int WIRE_PRIQ = 1;
    static final int WIRE_CMD_SYNC = 2;
    static final int WIRE_GERROR = 3;

    private SmmuRegisters() {
    }
}
