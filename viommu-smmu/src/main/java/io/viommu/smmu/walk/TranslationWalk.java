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
package io.viommu.smmu.walk;

import org.agrona.MutableDirectBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.smmu.config.ContextMemory;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.spec.EventLayout;

/**
 * The whole translation of one address by a configuration: the stages that are enabled, one after the other, and the
 * size checks of those that are not (IHI 0070, 3.4). Belongs to one thread.
 */
public final class TranslationWalk implements ContextMemory {

    private final GuestMemory memory;
    private final SmmuCapabilities capabilities;
    private final StageTwoWalk stage2;
    private final StageOneWalk stage1;
    private long address;
    private long intermediate;
    private int shift;
    private int matchShift;
    private int permissions;
    private boolean global;

    /**
     * Makes the walker of one thread.
     *
     * @param memory   where tables lie.
     * @param capabilities what the SMMU offers.
     */
    public TranslationWalk(final GuestMemory memory, final SmmuCapabilities capabilities) {
        this.memory = memory;
        this.capabilities = capabilities;
        stage2 = new StageTwoWalk(memory);
        stage2.executeNeverExtension(capabilities.stage2ExecuteNeverExtension());
        stage1 = new StageOneWalk(memory, stage2);
    }

    /**
     * Translates through every enabled stage.
     *
     * @param stream the configuration.
     * @param input  the input address, all 64 bits.
     * @param wanted the {@link Permission} that the access needs, or 0 to learn what is allowed.
     * @param fault  filled if there is one.
     * @return {@link SmmuFault#NONE}, F_WALK_EABT or one of the four translation-related events.
     */
    public int translate(final StreamConfiguration stream, final long input, final int wanted, final SmmuFault fault) {
        final int first = translateStage1(stream, input, wanted, fault);
        return first == SmmuFault.NONE && stream.stage2() ? goOn(stream, wanted, fault) : first;
    }

    /**
     * Learns what is allowed through every enabled stage, as an ATS request does: where stage 1 allows nothing of what
     * is asked for, that is the answer, and stage 2 isn't asked (IHI 0070, 3.9.1.2).
     *
     * @param stream the configuration.
     * @param input  the input address, all 64 bits.
     * @param sought {@link Permission}s, of which one is enough to go on.
     * @param fault  filled if there is one.
     * @return as {@link #translate}.
     */
    public int explore(final StreamConfiguration stream, final long input, final int sought, final SmmuFault fault) {
        final int first = translateStage1(stream, input, 0, fault);
        return first == SmmuFault.NONE && stream.stage2() && (permissions & sought) != 0
                ? goOn(stream, 0, fault)
                : first;
    }

    /** Stage 2, of the address that stage 1 gave. */
    private int goOn(final StreamConfiguration stream, final int wanted, final SmmuFault fault) {
        intermediate = address;
        final int second = translateIntermediate(stream, address, wanted, fault);
        if (second != SmmuFault.NONE) {
            return second;
        }
        address = stage2.address();
        shift = Math.min(shift, stage2.shift());
        permissions &= stage2.permissions();
        if (!stream.stage1()) {
            matchShift = stage2.shift();
        }
        return SmmuFault.NONE;
    }

    /** Stage 1; where it is skipped, addresses are checked for their size and pass. */
    private int translateStage1(final StreamConfiguration stream, final long input, final int wanted,
            final SmmuFault fault) {
        if (!stream.stage1()) {
            final int bits = stream.translates() ? capabilities.intermediateBits() : capabilities.outputBits();
            if (input >>> bits != 0) {
                return fault.stage1(EventLayout.F_ADDR_SIZE);
            }
            address = input;
            shift = bits;
            matchShift = bits;
            permissions = Permission.ALL;
            global = false;
            return SmmuFault.NONE;
        }
        final int result = stage1.walk(stream, input, wanted, fault);
        address = stage1.address();
        shift = stage1.shift();
        matchShift = shift;
        permissions = stage1.permissions();
        global = stage1.global();
        return result;
    }

    /**
     * Translates an IPA through stage 2 alone, as split-stage ATS translated traffic is.
     *
     * @param stream the configuration, with a stage 2.
     * @param ipa    the address.
     * @param wanted the {@link Permission} that the access needs, or 0.
     * @param fault  filled if there is one.
     * @return as {@link #translate}.
     */
    public int translateStage2Only(final StreamConfiguration stream, final long ipa, final int wanted,
            final SmmuFault fault) {
        if (ipa >>> capabilities.intermediateBits() != 0) {
            return fault.stage1(EventLayout.F_ADDR_SIZE);
        }
        final int result = translateIntermediate(stream, ipa, wanted, fault);
        address = stage2.address();
        shift = stage2.shift();
        matchShift = shift;
        permissions = stage2.permissions();
        global = false;
        return result;
    }

    private int translateIntermediate(final StreamConfiguration stream, final long ipa, final int wanted,
            final SmmuFault fault) {
        return stage2.walk(stream, ipa, wanted, EventLayout.CLASS_IN, false, fault);
    }

    @Override
    public int read(final StreamConfiguration stream, final long structure, final MutableDirectBuffer target,
            final int length, final SmmuFault fault) {
        long physical = structure;
        if (stream.stage2()) {
            final int result = stage2.walk(stream, structure, Permission.PRIVILEGED_READ, EventLayout.CLASS_CD, false,
                    fault);
            if (result != SmmuFault.NONE) {
                return result;
            }
            physical = stage2.address();
        }
        return memory.read(physical, target, 0, length) == GuestMemory.OK
                ? SmmuFault.NONE
                : fault.fetch(EventLayout.F_CD_FETCH, EventLayout.CLASS_CD, false, physical);
    }

    /**
     * Where the input address goes.
     *
     * @return a physical address; meaningless if {@link #explore} ended with what stage 1 denies.
     */
    public long address() {
        return address;
    }

    /**
     * What stage 2 was asked for by the last {@link #translate} or {@link #explore}.
     *
     * @return an IPA.
     */
    public long intermediateAddress() {
        return intermediate;
    }

    /**
     * log2 of the block, aligned, that is translated alike.
     *
     * @return 12 to 52.
     */
    public int shift() {
        return shift;
    }

    /**
     * log2 of the block by which invalidations find the translation: that of stage 1 where it translates, since
     * software invalidates the blocks that it made, whatever stage 2 cut them into.
     *
     * @return at least {@link #shift()}.
     */
    public int matchShift() {
        return matchShift;
    }

    /**
     * What may be done without walking again.
     *
     * @return bits of {@link Permission}.
     */
    public int permissions() {
        return permissions;
    }

    /**
     * Whether the translation is of all ASIDs.
     *
     * @return true for a stage-1 leaf with nG = 0.
     */
    public boolean global() {
        return global;
    }
}
