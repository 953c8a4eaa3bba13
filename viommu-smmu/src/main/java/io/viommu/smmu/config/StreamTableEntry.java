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
package io.viommu.smmu.config;

import io.viommu.smmu.register.SmmuCapabilities;
import static io.viommu.smmu.spec.StreamTableEntryLayout.CONFIG_PASS;
import static io.viommu.smmu.spec.StreamTableEntryLayout.CONFIG_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.CONFIG_STAGE_1;
import static io.viommu.smmu.spec.StreamTableEntryLayout.CONFIG_STAGE_2;
import static io.viommu.smmu.spec.StreamTableEntryLayout.EATS_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.LENGTH;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S1CDMAX_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S1DSS_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S1FMT_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S1_CONTEXT_PTR;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2PS_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2SL0_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2T0SZ_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2TG_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2TTB;
import static io.viommu.smmu.spec.StreamTableEntryLayout.STRW_SHIFT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.V;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A private copy of one stream table entry, read once, since the guest may change the original at any time. One
 * instance belongs to one thread.
 */
final class StreamTableEntry {

    /** The words that mean anything here. */
    private static final int WORDS = 4;

    private final long[] words = new long[WORDS];
    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(LENGTH));

    UnsafeBuffer bytes() {
        return bytes;
    }

    /** Takes the words out of {@link #bytes}, which was filled just now. */
    void loaded() {
        for (int i = 0; i < WORDS; i++) {
            words[i] = bytes.getLong(i * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
        }
    }

    long word(final int index) {
        return words[index];
    }

    private int field(final int word, final int shift, final int bits) {
        return (int) (word(word) >>> shift) & (1 << bits) - 1;
    }

    boolean flag1(final long mask) {
        return (word(1) & mask) != 0;
    }

    boolean flag2(final long mask) {
        return (word(2) & mask) != 0;
    }

    boolean valid() {
        return (word(0) & V) != 0;
    }

    int config() {
        return field(0, CONFIG_SHIFT, 3);
    }

    boolean passes() {
        return (config() & CONFIG_PASS) != 0;
    }

    boolean stage1() {
        return passes() && (config() & CONFIG_STAGE_1) != 0;
    }

    boolean stage2() {
        return passes() && (config() & CONFIG_STAGE_2) != 0;
    }

    int contextFormat() {
        return field(0, S1FMT_SHIFT, 2);
    }

    long contextPointer() {
        return word(0) & S1_CONTEXT_PTR;
    }

    int contextLog2() {
        return field(0, S1CDMAX_SHIFT, 5);
    }

    int defaultSubstream() {
        return field(1, S1DSS_SHIFT, 2);
    }

    int ats() {
        return field(1, EATS_SHIFT, 2);
    }

    int streamWorld() {
        return field(1, STRW_SHIFT, 2);
    }

    /** IgnoreSTESTRW of 5.2.2: the field chooses a world only for stage 1 alone, where there is an EL2 to choose. */
    boolean streamWorldUsed(final SmmuCapabilities capabilities) {
        return capabilities.stage1() && capabilities.hypervisor() && stage1() && !stage2();
    }

    int vmid() {
        return (int) word(2) & 0xFFFF;
    }

    int stage2InputSize() {
        return field(2, S2T0SZ_SHIFT, 6);
    }

    int stage2StartLevelField() {
        return field(2, S2SL0_SHIFT, 2);
    }

    /** log2 of S2TG's granule, or 0 for the reserved encoding. */
    int stage2PageShift() {
        return StageTable.pageShift(field(2, S2TG_SHIFT, 2));
    }

    int stage2OutputBits(final SmmuCapabilities capabilities) {
        return Math.min(SmmuCapabilities.addressBits(field(2, S2PS_SHIFT, 3)), capabilities.outputBits());
    }

    long stage2Table() {
        return word(3) & S2TTB;
    }
}
