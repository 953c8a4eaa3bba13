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
package io.viommu.smmu.dma;

import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.fault.GuestTables;
import io.viommu.smmu.spec.ContextDescriptorLayout;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;
import io.viommu.smmu.walk.RequestWalk;

/**
 * Asks the guest's tables about transactions of passed-through devices, without a trace: no flag is set, nothing cached
 * or recorded. Belongs to the injector's thread.
 */
public final class GuestTableWalk implements GuestTables {

    private final SmmuDmaTranslator translator;
    private final WitnessedMemory memory;
    private final RequestWalk walk;
    private final SmmuFault fault = new SmmuFault();

    GuestTableWalk(final SmmuDmaTranslator translator) {
        this.translator = translator;
        this.memory = new WitnessedMemory(translator.memory());
        this.walk = new RequestWalk(memory, translator.capabilities());
    }

    @Override
    public long contextFetch(final int stream, final int substream, final long fetched, final long mask) {
        final SmmuContext context = translator.context();
        if (!context.enabled() || walk.find(context, stream, fault) != SmmuFault.NONE) {
            return NOT_FOUND;
        }
        memory.forget();
        walk.complete(context, substream, fault);
        return memory.find(fetched, mask);
    }

    @Override
    public long descriptorFetch(final int stream, final int substream, final long input, final long fetched,
            final long mask) {
        final SmmuContext context = translator.context();
        if (!context.enabled() || walk.configure(context, stream, substream, fault) != SmmuFault.NONE) {
            return NOT_FOUND;
        }
        memory.forget();
        walk.readTables(input, fault);
        return memory.find(fetched, mask);
    }

    @Override
    public boolean refusesAts(final int stream) {
        final SmmuContext context = translator.context();
        return !context.enabled() || walk.find(context, stream, fault) == SmmuFault.NONE
                && walk.stream().ats() == StreamTableEntryLayout.EATS_DISABLED;
    }

    @Override
    public int eventOf(final int stream, final int substream, final long input, final int access) {
        final SmmuContext context = translator.context();
        // With translation off there are no tables.
        final int event = context.enabled()
                ? walk.walkAnew(context, stream, substream, input, access, fault)
                : SmmuFault.SILENT;
        if (event == SmmuFault.NONE || event == SmmuFault.SILENT
                || event == EventLayout.C_BAD_STREAMID && !context.recordsInvalidStreams()) {
            return ALLOWED;
        }
        if (fault.stage2()) {
            return STAGE_2;
        }
        final StreamConfiguration found = walk.stream();
        return fault.translationRelated() && found.stage1() && !found.stage1Flag(ContextDescriptorLayout.R)
                ? SUPPRESSED
                : event;
    }

    @Override
    public long fetchAddress() {
        return fault.translationRelated() ? 0 : fault.address() & EventLayout.FETCH_ADDR;
    }
}
