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
import static io.viommu.smmu.spec.ContextDescriptorLayout.ASID_SHIFT;
import static io.viommu.smmu.spec.ContextDescriptorLayout.EPD0;
import static io.viommu.smmu.spec.ContextDescriptorLayout.EPD1;
import static io.viommu.smmu.spec.ContextDescriptorLayout.HAD;
import static io.viommu.smmu.spec.ContextDescriptorLayout.IPS_SHIFT;
import static io.viommu.smmu.spec.ContextDescriptorLayout.LENGTH;
import static io.viommu.smmu.spec.ContextDescriptorLayout.T0SZ_SHIFT;
import static io.viommu.smmu.spec.ContextDescriptorLayout.T1SZ_SHIFT;
import static io.viommu.smmu.spec.ContextDescriptorLayout.TBI0;
import static io.viommu.smmu.spec.ContextDescriptorLayout.TBI1;
import static io.viommu.smmu.spec.ContextDescriptorLayout.TG0_SHIFT;
import static io.viommu.smmu.spec.ContextDescriptorLayout.TG1_SHIFT;
import static io.viommu.smmu.spec.ContextDescriptorLayout.TTB;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A private copy of one context descriptor, read once, and what its stream says about how to read it. One instance
 * belongs to one thread. Fields that exist for both halves of the address space take the half, 0 or 1.
 */
final class ContextDescriptor {

    /** TG1 is encoded otherwise than TG0: reserved, 16, 4 and 64 KiB. */
    private static final int[] TG1_PAGE_SHIFTS = { 0, 14, 12, 16 };

    /** The words that mean anything here. */
    private static final int WORDS = 3;

    private final long[] words = new long[WORDS];
    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(LENGTH));
    private boolean onlyLowHalf;
    private boolean streamForbidsStalls;
    private boolean usesAsid;

    UnsafeBuffer bytes() {
        return bytes;
    }

    /** Takes the words out of {@link #bytes}, which was filled just now. */
    void loaded() {
        for (int i = 0; i < WORDS; i++) {
            words[i] = bytes.getLong(i * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Tells which stream the descriptor was reached through (5.2.1: these properties decide how it is read). */
    void of(final StreamConfiguration stream) {
        onlyLowHalf = stream.world() == StreamConfiguration.WORLD_EL2;
        usesAsid = !onlyLowHalf;
        streamForbidsStalls = stream.forbidsStalls();
    }

    long word(final int index) {
        return words[index];
    }

    boolean flag(final long mask) {
        return (word(0) & mask) != 0;
    }

    boolean streamForbidsStalls() {
        return streamForbidsStalls;
    }

    boolean usesAsid() {
        return usesAsid;
    }

    int asid() {
        return (int) (word(0) >>> ASID_SHIFT);
    }

    /** EPDx in effect: in the world of EL2 without E2H they are IGNORED, and there is no upper half. */
    boolean disabled(final int half) {
        return onlyLowHalf ? half == 1 : flag(half == 0 ? EPD0 : EPD1);
    }

    int inputSize(final int half) {
        return (int) (word(0) >>> (half == 0 ? T0SZ_SHIFT : T1SZ_SHIFT)) & 0x3F;
    }

    /** log2 of TGx's granule, or 0 for the reserved encoding. */
    int pageShift(final int half) {
        return half == 0
                ? StageTable.pageShift((int) (word(0) >>> TG0_SHIFT) & 3)
                : TG1_PAGE_SHIFTS[(int) (word(0) >>> TG1_SHIFT) & 3];
    }

    int outputBits(final SmmuCapabilities capabilities) {
        return Math.min(SmmuCapabilities.addressBits((int) (word(0) >>> IPS_SHIFT) & 7), capabilities.outputBits());
    }

    long table(final int half) {
        return word(1 + half) & TTB;
    }

    boolean ignoresTopByte(final int half) {
        return flag(half == 0 ? TBI0 : TBI1);
    }

    boolean hierarchicalDisabled(final int half) {
        return (word(1 + half) & HAD) != 0;
    }
}
