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
package io.viommu.smmu.translate;

import java.util.Arrays;

import io.viommu.memory.GuestMemory;
import io.viommu.smmu.config.ContextTable;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.config.StreamTable;
import io.viommu.smmu.walk.TranslationWalk;

/**
 * One thread's configurations: decoded ones of the streams that it served last, each good until the guest invalidates
 * any configuration (IHI 0070, 3.21.2). Failed look-ups are not kept.
 */
final class ConfigurationLookup {

    private static final int SLOTS = 16;
    private static final long NEVER = -1;

    private final StreamTable streams;
    private final ContextTable contexts;
    private final StreamConfiguration[] kept = new StreamConfiguration[SLOTS];
    private final int[] streamIds = new int[SLOTS];
    private final int[] substreamIds = new int[SLOTS];
    private final long[] epochs = new long[SLOTS];
    private final StreamConfiguration bare = new StreamConfiguration();

    ConfigurationLookup(final GuestMemory memory, final TranslationWalk walk) {
        streams = new StreamTable(memory);
        contexts = new ContextTable(walk);
        Arrays.setAll(kept, slot -> new StreamConfiguration());
        Arrays.fill(epochs, NEVER);
    }

    /**
     * The slot that holds, or takes, a stream's configuration; what it holds belongs to that stream only after
     * {@link #load} said so.
     */
    StreamConfiguration slot(final int streamId, final int substreamId) {
        return kept[index(streamId, substreamId)];
    }

    /**
     * Fills {@link #slot} if it doesn't hold the configuration already.
     *
     * @param epoch read before {@code context}: the number of invalidations so far.
     * @return {@link SmmuFault#NONE} or the event.
     */
    int load(final SmmuContext context, final long epoch, final int streamId, final int substreamId,
            final SmmuFault fault) {
        final int slot = index(streamId, substreamId);
        if (epochs[slot] == epoch && streamIds[slot] == streamId && substreamIds[slot] == substreamId) {
            return SmmuFault.NONE;
        }
        epochs[slot] = NEVER;
        final StreamConfiguration stream = kept[slot];
        final int found = streams.lookup(context, streamId, stream, fault);
        if (found != SmmuFault.NONE) {
            return found;
        }
        final int completed = contexts.lookup(context.features(), substreamId, stream, fault);
        if (completed == SmmuFault.NONE) {
            epochs[slot] = epoch;
            streamIds[slot] = streamId;
            substreamIds[slot] = substreamId;
        }
        return completed;
    }

    /** Looks only the stream table entry up, into {@link #stream}. */
    int loadStream(final SmmuContext context, final int streamId, final SmmuFault fault) {
        return streams.lookup(context, streamId, bare, fault);
    }

    /** Completes {@link #stream} by a context descriptor. */
    int loadContext(final SmmuContext context, final int substreamId, final SmmuFault fault) {
        return contexts.lookup(context.features(), substreamId, bare, fault);
    }

    StreamConfiguration stream() {
        return bare;
    }

    private static int index(final int streamId, final int substreamId) {
        final int mixed = (streamId * 31 + substreamId) * 0x9E37_79B1;
        return mixed >>> 28;
    }
}
