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

import io.viommu.iommu.DmaSession;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.config.ContextTable;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.config.StreamTable;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.StreamTableEntryLayout;
import io.viommu.tlb.ConfigurationLog;
import io.viommu.tlb.KeptConfigurations;

/**
 * All that becomes of a transaction, from the stream table to the physical address, past the cache of translations.
 * Without kept configurations either it depends on nothing but memory, registers and the transaction, so it also tells
 * what a physical fault means in the guest's terms. One instance belongs to one thread; the outcome of the last walk
 * stays in it until the next.
 */
public final class RequestWalk {

    /** An ATS translation request of a stream that may not make any. */
    public static final int ATS_DISABLED = 0x101;

    /** How many configurations are kept: those of the streams that were served last. */
    private static final int PLACES = 16;

    private final TranslationWalk translation;
    private final StreamTable streams;
    private final ContextTable contexts;
    /** Each good until the guest invalidates it (3.21.2); failed look-ups are not kept. */
    private final KeptConfigurations<StreamConfiguration> kept;
    private final StreamConfiguration fresh = new StreamConfiguration();
    private SmmuContext registers;
    private StreamConfiguration stream = fresh;
    private boolean privileged;
    private boolean instruction;
    private long address;
    private long intermediate;
    private int shift;
    private int permissions;

    /**
     * Makes the walker of one thread, which reads all tables each time.
     *
     * @param memory       where tables lie.
     * @param capabilities what the SMMU offers.
     */
    public RequestWalk(final GuestMemory memory, final SmmuCapabilities capabilities) {
        this(memory, capabilities, new ConfigurationLog());
    }

    /**
     * Makes the walker of one thread that keeps configurations for {@link #walk}.
     *
     * @param memory       where tables lie.
     * @param capabilities what the SMMU offers.
     * @param invalidated  what the guest invalidates of them.
     */
    public RequestWalk(final GuestMemory memory, final SmmuCapabilities capabilities,
            final ConfigurationLog invalidated) {
        translation = new TranslationWalk(memory, capabilities);
        streams = new StreamTable(memory);
        contexts = new ContextTable(translation);
        kept = new KeptConfigurations<>(invalidated, PLACES, StreamConfiguration::new);
    }

    /**
     * Walks for an ordinary transaction, by a kept configuration where there is one.
     *
     * @param context   the registers; the SMMU is enabled.
     * @param streamId  StreamID.
     * @param substream SubstreamID, or {@link DmaSession#NO_PASID}.
     * @param input     the input address.
     * @param access    flags of {@link DmaSession}.
     * @param fault     becomes the fault, if there is one.
     * @return {@link SmmuFault#NONE} or the event.
     */
    public int walk(final SmmuContext context, final int streamId, final int substream, final long input,
            final int access, final SmmuFault fault) {
        final int configured = load(context, streamId, substream, fault);
        stream = kept.place();
        return configured == SmmuFault.NONE ? translate(input, access, fault) : stopped(configured, access, fault);
    }

    private int load(final SmmuContext context, final int streamId, final int substream, final SmmuFault fault) {
        if (context != registers) {
            // Configurations belong to the registers under which they were read, whatever overtook the walk meanwhile.
            registers = context;
            kept.forget();
        }
        if (kept.find(streamId, substream)) {
            return SmmuFault.NONE;
        }
        final StreamConfiguration loaded = kept.place();
        final int found = streams.lookup(context, streamId, loaded, fault);
        if (found != SmmuFault.NONE) {
            return found;
        }
        final int completed = contexts.lookup(context.capabilities(), substream, loaded, fault);
        if (completed == SmmuFault.NONE) {
            kept.keep(0, loaded.vmid());
        }
        return completed;
    }

    /**
     * The same, with all tables read anew.
     *
     * @param context   the registers; the SMMU is enabled.
     * @param streamId  StreamID.
     * @param substream SubstreamID, or {@link DmaSession#NO_PASID}.
     * @param input     the input address.
     * @param access    flags of {@link DmaSession}.
     * @param fault     becomes the fault, if there is one.
     * @return {@link SmmuFault#NONE} or the event.
     */
    public int walkAnew(final SmmuContext context, final int streamId, final int substream, final long input,
            final int access, final SmmuFault fault) {
        final int configured = configure(context, streamId, substream, fault);
        return configured == SmmuFault.NONE ? translate(input, access, fault) : stopped(configured, access, fault);
    }

    private int translate(final long input, final int access, final SmmuFault fault) {
        attributes(access);
        final int found = translation.translate(stream, input,
                Permission.of(privileged, (access & DmaSession.WRITE) != 0, instruction), fault);
        take();
        return found;
    }

    private void take() {
        address = translation.address();
        intermediate = translation.intermediateAddress();
        shift = translation.shift();
        permissions = translation.permissions();
    }

    /** A stage-2 fault of the CD's fetch comes before the configuration is whole, but the overrides are known. */
    private int stopped(final int event, final int access, final SmmuFault fault) {
        if (fault.translationRelated() || fault.stage2()) {
            attributes(access);
        } else {
            privileged = false;
            instruction = false;
        }
        return event;
    }

    private void attributes(final int access) {
        privileged = stream.privileged((access & DmaSession.PRIVILEGED) != 0);
        instruction = (access & DmaSession.WRITE) == 0 && stream.instruction((access & DmaSession.EXECUTE) != 0);
    }

    /**
     * Walks for an ATS translation request (3.9.1.2, 13.7.1): learns what is allowed. PRIVCFG decides whose rights are
     * granted, INSTCFG which right a read needs. What is asked for may be denied without a fault.
     *
     * @param context   the registers; the SMMU is enabled.
     * @param streamId  StreamID.
     * @param substream PASID, or {@link DmaSession#NO_PASID}.
     * @param input     the untranslated address.
     * @param access    flags of {@link DmaSession}: WRITE if writes are wanted, PRIVILEGED.
     * @param fault     becomes the fault, if there is one.
     * @return {@link SmmuFault#NONE}, {@link #ATS_DISABLED} or the event.
     */
    public int request(final SmmuContext context, final int streamId, final int substream, final long input,
            final int access, final SmmuFault fault) {
        final int found = find(context, streamId, fault);
        if (found != SmmuFault.NONE) {
            return found;
        }
        if (stream.ats() == StreamTableEntryLayout.EATS_DISABLED) {
            return ATS_DISABLED;
        }
        final int configured = complete(context, substream, fault);
        return configured == SmmuFault.NONE ? explore(input, access, fault) : configured;
    }

    private int explore(final long input, final int access, final SmmuFault fault) {
        privileged = stream.privileged((access & DmaSession.PRIVILEGED) != 0);
        final boolean write = (access & DmaSession.WRITE) != 0;
        final int reads = read();
        final int writes = write();
        final int explored = translation.explore(stream, input, write ? reads | writes : reads, fault);
        take();
        // The request is the only moment to note a coming write: a clean page is made dirty now (3.13.7.1).
        if (explored == SmmuFault.NONE && write && (permissions & writes) == 0
                && translation.translate(stream, input, writes, fault) == SmmuFault.NONE) {
            take();
        }
        return explored;
    }

    /**
     * What a read of the last request needs.
     *
     * @return a {@link Permission}.
     */
    public int read() {
        return Permission.of(privileged, false, stream.instruction(false));
    }

    /**
     * What a write of the last request needs.
     *
     * @return a {@link Permission}.
     */
    public int write() {
        return Permission.of(privileged, true, false);
    }

    /**
     * What execution needs, of the last request.
     *
     * @return a {@link Permission}.
     */
    public int execute() {
        return Permission.of(privileged, false, stream.instruction(true));
    }

    /**
     * Walks stage 2 alone, for translated traffic of split-stage ATS (3.9.1): it comes without a PASID, and so without
     * privilege or execution of its own.
     *
     * @param input  an IPA.
     * @param access flags of {@link DmaSession}.
     * @param fault  becomes the fault, if there is one.
     * @return {@link SmmuFault#NONE} or the event.
     */
    public int translateStage2(final long input, final int access, final SmmuFault fault) {
        attributes(access & DmaSession.WRITE);
        final int found = translation.translateStage2Only(stream, input,
                Permission.of(privileged, (access & DmaSession.WRITE) != 0, instruction), fault);
        take();
        return found;
    }

    /**
     * Reads a stream table entry alone.
     *
     * @param context  the registers; the SMMU is enabled.
     * @param streamId StreamID.
     * @param fault    becomes the fault, if there is one.
     * @return {@link SmmuFault#NONE} or the event.
     */
    public int find(final SmmuContext context, final int streamId, final SmmuFault fault) {
        stream = fresh;
        return streams.lookup(context, streamId, fresh, fault);
    }

    /**
     * Reads the context descriptor of the stream that {@link #find} found.
     *
     * @param context   the registers.
     * @param substream SubstreamID, or {@link DmaSession#NO_PASID}.
     * @param fault     becomes the fault, if there is one.
     * @return {@link SmmuFault#NONE} or the event.
     */
    public int complete(final SmmuContext context, final int substream, final SmmuFault fault) {
        return contexts.lookup(context.capabilities(), substream, fresh, fault);
    }

    /**
     * Reads both.
     *
     * @param context   the registers; the SMMU is enabled.
     * @param streamId  StreamID.
     * @param substream SubstreamID, or {@link DmaSession#NO_PASID}.
     * @param fault     becomes the fault, if there is one.
     * @return {@link SmmuFault#NONE} or the event.
     */
    public int configure(final SmmuContext context, final int streamId, final int substream, final SmmuFault fault) {
        final int found = find(context, streamId, fault);
        return found == SmmuFault.NONE ? complete(context, substream, fault) : found;
    }

    /**
     * Reads the translation tables of the stream that was configured last, whatever they allow.
     *
     * @param input the input address.
     * @param fault becomes the fault, if there is one.
     */
    public void readTables(final long input, final SmmuFault fault) {
        translation.translate(stream, input, 0, fault);
    }

    /**
     * How the stream is configured, as far as that was found.
     *
     * @return good until the next walk.
     */
    public StreamConfiguration stream() {
        return stream;
    }

    /**
     * PnU, as the stream's overrides leave it.
     *
     * @return false where the walk ended before they were known.
     */
    public boolean privileged() {
        return privileged;
    }

    /**
     * InD, as the stream's overrides leave it.
     *
     * @return false where the walk ended before they were known.
     */
    public boolean instruction() {
        return instruction;
    }

    /**
     * Where the input address goes.
     *
     * @return a physical address.
     */
    public long address() {
        return address;
    }

    /**
     * What stage 1 made of the input address, if stage 2 was asked.
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
     * log2 of the block by which invalidations find the translation.
     *
     * @return at least {@link #shift()}.
     */
    public int matchShift() {
        return translation.matchShift();
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
        return translation.global();
    }
}
