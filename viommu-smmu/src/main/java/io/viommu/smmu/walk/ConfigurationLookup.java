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

import io.viommu.memory.GuestMemory;
import io.viommu.smmu.config.ContextTable;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.config.StreamTable;
import io.viommu.tlb.ConfigurationLog;
import io.viommu.tlb.KeptConfigurations;

/**
 * One thread's configurations: decoded ones of the streams that it served last, each good until the guest invalidates
 * it (IHI 0070, 3.21.2). Failed look-ups are not kept.
 */
final class ConfigurationLookup {

    private static final int PLACES = 16;

    private final StreamTable streams;
    private final ContextTable contexts;
    private final KeptConfigurations<StreamConfiguration> kept;
    private final StreamConfiguration bare = new StreamConfiguration();
    private SmmuContext registers;

    ConfigurationLookup(final GuestMemory memory, final TranslationWalk walk,
            final ConfigurationLog invalidated) {
        streams = new StreamTable(memory);
        contexts = new ContextTable(walk);
        kept = new KeptConfigurations<>(invalidated, PLACES, StreamConfiguration::new);
    }

    /**
     * Finds a configuration, kept or in memory; {@link #loaded} gives it, as far as it was found.
     *
     * @return {@link SmmuFault#NONE} or the event.
     */
    int load(final SmmuContext context, final int streamId, final int substreamId, final SmmuFault fault) {
        if (context != registers) {
            // Configurations belong to the registers under which they were read, whatever overtook the walk meanwhile.
            registers = context;
            kept.forget();
        }
        if (kept.find(streamId, substreamId)) {
            return SmmuFault.NONE;
        }
        final StreamConfiguration loaded = kept.place();
        final int found = streams.lookup(context, streamId, loaded, fault);
        if (found != SmmuFault.NONE) {
            return found;
        }
        final int completed = contexts.lookup(context.capabilities(), substreamId, loaded, fault);
        if (completed == SmmuFault.NONE) {
            kept.keep(0, loaded.vmid());
        }
        return completed;
    }

    /** What the last {@link #load} found; good until the next. */
    StreamConfiguration loaded() {
        return kept.place();
    }

    /** Looks only the stream table entry up, into {@link #fresh}. */
    int loadStream(final SmmuContext context, final int streamId, final SmmuFault fault) {
        return streams.lookup(context, streamId, bare, fault);
    }

    /** Completes {@link #fresh} by a context descriptor. */
    int loadContext(final SmmuContext context, final int substreamId, final SmmuFault fault) {
        return contexts.lookup(context.capabilities(), substreamId, bare, fault);
    }

    /** What {@link #loadStream} and {@link #loadContext} found, always the same object. */
    StreamConfiguration fresh() {
        return bare;
    }
}
