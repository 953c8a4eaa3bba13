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
import io.viommu.smmu.spec.StreamTableEntryLayout;

/**
 * What a checked stream table entry and context descriptor say, decoded for use: filled by {@link StreamTable} and
 * {@link ContextTable}, then only read. Belongs to one thread and is used over and over.
 */
public final class StreamConfiguration {

    /** Stage 1 of EL1 and EL0: ASIDs and VMIDs, two halves, users. */
    public static final int WORLD_EL1 = 0;
    /** Stage 1 of EL2 without E2H: no ASID, one half, no users. */
    public static final int WORLD_EL2 = 1;
    /** Stage 1 of EL2 with E2H: ASIDs, two halves, users. */
    public static final int WORLD_EL2_E2H = 2;

    private final StageTable stage2Table = new StageTable();
    private final StageTable[] stage1Tables = { new StageTable(), new StageTable() };
    private int config;
    private int world;
    private int vmid;
    private int asid;
    private int eats;
    private int privilegeOverride;
    private int instructionOverride;
    private int contextLog2;
    private int contextFormat;
    private int defaultSubstream;
    private long contextPointer;
    private boolean forbidsStalls;
    private boolean stage1Skipped;
    private long stage1Flags;
    private long stage2Flags;
    private boolean stage2Attributes;

    /** Makes a configuration that aborts everything until it is filled. */
    public StreamConfiguration() {
    }

    void decode(final StreamTableEntry entry, final SmmuContext context) {
        final SmmuCapabilities capabilities = context.capabilities();
        config = entry.config();
        world = WORLD_EL1;
        if (entry.streamWorldUsed(capabilities) && entry.streamWorld() == StreamTableEntryLayout.STRW_EL2) {
            world = context.e2h() ? WORLD_EL2_E2H : WORLD_EL2;
        }
        vmid = capabilities.stage2() && world == WORLD_EL1 && translates() ? entry.vmid() : 0;
        asid = 0;
        eats = effectiveAts(entry, context);
        privilegeOverride = override(entry, capabilities, StreamTableEntryLayout.PRIVCFG_SHIFT);
        instructionOverride = override(entry, capabilities, StreamTableEntryLayout.INSTCFG_SHIFT);
        contextLog2 = capabilities.substreamIdBits() == 0 ? 0 : entry.contextLog2();
        contextFormat = entry.contextFormat();
        contextPointer = entry.contextPointer();
        defaultSubstream = entry.defaultSubstream();
        forbidsStalls = entry.flag1(StreamTableEntryLayout.S1STALLD);
        stage1Skipped = false;
        stage1Flags = 0;
        stage2Flags = entry.word(2);
        stage2Attributes = capabilities.stage2Attributes() && entry.flag1(StreamTableEntryLayout.S2FWB);
        if (entry.stage2()) {
            final int pageShift = entry.stage2PageShift();
            stage2Table.set(entry.stage2Table(),
                    Math.min(64 - entry.stage2InputSize(), capabilities.intermediateBits()), pageShift,
                    SteRule.stage2StartLevel(entry.stage2StartLevelField(), pageShift),
                    entry.stage2OutputBits(capabilities));
            stage2Table.physicalBits(capabilities.outputBits());
        }
    }

    /** 5.2, EATS: what it means where it isn't ignored. */
    private static int effectiveAts(final StreamTableEntry entry, final SmmuContext context) {
        final int ats = entry.ats();
        if (!context.capabilities().ats() || (entry.config() & 3) == 0) {
            return StreamTableEntryLayout.EATS_DISABLED;
        }
        if (ats == StreamTableEntryLayout.EATS_DPT && !context.capabilities().devicePermissionTable()) {
            return StreamTableEntryLayout.EATS_DISABLED;
        }
        return ats >= StreamTableEntryLayout.EATS_SPLIT_STAGE && !context.checksTranslatedTraffic()
                ? StreamTableEntryLayout.EATS_DISABLED
                : ats;
    }

    private static int override(final StreamTableEntry entry, final SmmuCapabilities capabilities, final int shift) {
        return capabilities.permissionOverrides() ? (int) (entry.word(1) >>> shift) & 3 : 0;
    }

    void decode(final ContextDescriptor descriptor, final SmmuCapabilities capabilities) {
        asid = descriptor.usesAsid() ? descriptor.asid() : 0;
        stage1Flags = descriptor.word(0);
        for (int half = 0; half < 2; half++) {
            final StageTable table = stage1Tables[half];
            if (descriptor.disabled(half)) {
                table.disable();
                continue;
            }
            final int bits = 64 - descriptor.inputSize(half);
            final int pageShift = descriptor.pageShift(half);
            table.set(descriptor.table(half), bits, pageShift, StageTable.firstLevel(bits, pageShift),
                    descriptor.outputBits(capabilities));
            table.physicalBits(capabilities.outputBits());
            table.ignore(descriptor.ignoresTopByte(half),
                    capabilities.hierarchicalAttributeDisable() && descriptor.hierarchicalDisabled(half));
        }
    }

    void skipStage1() {
        stage1Skipped = true;
    }

    /**
     * Whether traffic is aborted without an event (Config 0b0xx).
     *
     * @return true if so.
     */
    public boolean aborts() {
        return (config & StreamTableEntryLayout.CONFIG_PASS) == 0;
    }

    /**
     * Whether any stage translates.
     *
     * @return false for a stream that bypasses both (Config 0b100).
     */
    public boolean translates() {
        return (config & (StreamTableEntryLayout.CONFIG_STAGE_1 | StreamTableEntryLayout.CONFIG_STAGE_2)) != 0;
    }

    /**
     * Whether the entry enables stage 1, so that a context descriptor or S1DSS decides.
     *
     * @return Config[0].
     */
    public boolean stage1Configured() {
        return (config & StreamTableEntryLayout.CONFIG_STAGE_1) != 0;
    }

    /**
     * Whether this transaction is translated by stage 1.
     *
     * @return false also where S1DSS skips it.
     */
    public boolean stage1() {
        return stage1Configured() && !stage1Skipped;
    }

    /**
     * Whether stage 2 translates.
     *
     * @return Config[1].
     */
    public boolean stage2() {
        return (config & StreamTableEntryLayout.CONFIG_STAGE_2) != 0;
    }

    /**
     * Whether this transaction skips stage 1 because of S1DSS.
     *
     * @return true for traffic without SubstreamID where the entry says so.
     */
    public boolean stage1Skipped() {
        return stage1Skipped;
    }

    /**
     * The translation regime.
     *
     * @return {@link #WORLD_EL1}, {@link #WORLD_EL2} or {@link #WORLD_EL2_E2H}.
     */
    public int world() {
        return world;
    }

    /**
     * The VMID that translations are tagged with.
     *
     * @return 16 bits; 0 where there is none.
     */
    public int vmid() {
        return vmid;
    }

    /**
     * The ASID that translations are tagged with.
     *
     * @return 16 bits; 0 where there is none.
     */
    public int asid() {
        return asid;
    }

    /**
     * EATS in effect.
     *
     * @return an encoding of {@link StreamTableEntryLayout}.
     */
    public int ats() {
        return eats;
    }

    /**
     * PRIVCFG in effect.
     *
     * @param incoming whether the transaction says that it is privileged.
     * @return whether it is taken as privileged.
     */
    public boolean privileged(final boolean incoming) {
        return privilegeOverride < StreamTableEntryLayout.OVERRIDE_LOW
                ? incoming
                : privilegeOverride == StreamTableEntryLayout.OVERRIDE_HIGH;
    }

    /**
     * INSTCFG in effect, for a read; a write is always of data.
     *
     * @param incoming whether the transaction says that it is an instruction fetch.
     * @return whether it is taken as one.
     */
    public boolean instruction(final boolean incoming) {
        return instructionOverride < StreamTableEntryLayout.OVERRIDE_LOW
                ? incoming
                : instructionOverride == StreamTableEntryLayout.OVERRIDE_HIGH;
    }

    /**
     * Whether PRIVCFG or INSTCFG make transactions of the stream something else than they say they are.
     *
     * @return true if PRIVCFG or INSTCFG is in effect.
     */
    public boolean overridesAttributes() {
        return privilegeOverride >= StreamTableEntryLayout.OVERRIDE_LOW
                || instructionOverride >= StreamTableEntryLayout.OVERRIDE_LOW;
    }

    int contextLog2() {
        return contextLog2;
    }

    int contextFormat() {
        return contextFormat;
    }

    long contextPointer() {
        return contextPointer;
    }

    int defaultSubstream() {
        return defaultSubstream;
    }

    boolean forbidsStalls() {
        return forbidsStalls;
    }

    /**
     * The table of stage 2.
     *
     * @return meaningful if {@link #stage2()}.
     */
    public StageTable stage2Table() {
        return stage2Table;
    }

    /**
     * A table of stage 1.
     *
     * @param half 0 for TTB0, 1 for TTB1.
     * @return meaningful if {@link #stage1()}.
     */
    public StageTable stage1Table(final int half) {
        return stage1Tables[half];
    }

    /**
     * A flag of word 0 of the context descriptor.
     *
     * @param mask of {@link io.viommu.smmu.spec.ContextDescriptorLayout}.
     * @return true if set.
     */
    public boolean stage1Flag(final long mask) {
        return (stage1Flags & mask) != 0;
    }

    /**
     * A flag of word 2 of the stream table entry.
     *
     * @param mask of {@link StreamTableEntryLayout}.
     * @return true if set.
     */
    public boolean stage2Flag(final long mask) {
        return (stage2Flags & mask) != 0;
    }

    /**
     * Whether stage 2 has the last word on memory attributes, so that its descriptors encode them differently.
     *
     * @return S2FWB, if it is offered.
     */
    public boolean stage2Attributes() {
        return stage2Attributes;
    }
}
