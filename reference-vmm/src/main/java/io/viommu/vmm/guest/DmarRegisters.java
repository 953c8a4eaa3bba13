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
 * What a driver knows of a VT-d remapping unit: offsets and bits of the VT-d specification, chapter 11, written down
 * here for a second time, so that a slip in the model's tables is not repeated by its test driver.
 */
final class DmarRegisters {

    static final int CAP = 0x08;
    static final int ECAP = 0x10;
    static final int GCMD = 0x18;
    static final int GSTS = 0x1C;
    static final int RTADDR = 0x20;
    static final int CCMD = 0x28;
    static final int FSTS = 0x34;
    static final int FECTL = 0x38;
    static final int FEDATA = 0x3C;
    static final int FEADDR = 0x40;
    static final int FEUADDR = 0x44;
    static final int IQT = 0x88;
    static final int IQA = 0x90;

    static final int ENABLE_TRANSLATION = 1 << 31;
    static final int SET_ROOT_TABLE = 1 << 30;
    static final int ENABLE_QUEUED_INVALIDATION = 1 << 26;
    /** Bits of GSTS that a driver writes back to GCMD; the others are one-shot commands. */
    static final int LEVELS = 0x96FF_FFFF;

    static final int FSTS_PFO = 1;
    static final int FSTS_PPF = 1 << 1;
    static final int FSTS_PRO = 1 << 7;

    static final int FECTL_MASK = 1 << 31;
    static final int FRCD_F = 1 << 31;
    static final int FRCD_LENGTH = 16;

    static final long ECAP_QI = 1L << 1;
    static final long ECAP_SMTS = 1L << 43;

    static final long RTADDR_SCALABLE = 1L << 10;
    static final long IQA_WIDE_DESCRIPTORS = 1L << 11;
    static final long IQA_TWO_PAGES = 1;

    static final long CCMD_INVALIDATE = 1L << 63;
    static final long CCMD_GLOBAL = 1L << 61;
    static final long IOTLB_INVALIDATE = 1L << 63;
    static final long IOTLB_GLOBAL = 1L << 60;
    /** The IOTLB register stands 8 bytes after the address register. */
    static final int IOTLB = 8;

    private DmarRegisters() {
    }
}
