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

package io.viommu.smmu.command;

import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;

/**
 * Invalidations of configuration structures (IHI 0070, 4.3). First-level descriptors are always forgotten with the
 * leaves; a StreamID or SubstreamID out of range has no effect (4.1.7).
 */
final class ConfigurationCommands {

    /** Means one StreamID to the sink. */
    private static final int SINGLE = -1;

    private final SmmuCapabilities capabilities;
    private final InvalidationSink sink;
    private final PassedThrough hardware;

    ConfigurationCommands(final SmmuCapabilities capabilities, final InvalidationSink sink,
            final PassedThrough hardware) {
        this.capabilities = capabilities;
        this.sink = sink;
        this.hardware = hardware;
    }

    void execute(final CommandType type, final long word0, final long word1) {
        final int stream = CommandFields.stream(word0);
        if (type == CommandType.CFGI_STE_RANGE) {
            range(stream, (int) (word1 & CommandLayout.RANGE));
        } else if (CommandFields.fits(stream, capabilities.streamIdBits())) {
            switch (type) {
                case CFGI_STE -> {
                    sink.configurationStreams(stream, SINGLE);
                    hardware.configuration(stream, stream);
                }
                case CFGI_CD_ALL -> {
                    sink.configurationContexts(stream);
                    hardware.invalidation(word0, word1);
                }
                default -> context(stream, word0, word1);
            }
        }
    }

    private void range(final int stream, final int range) {
        if (range == CommandLayout.RANGE_ALL) {
            sink.configurationAll();
            hardware.configuration(0, -1);
        } else {
            final int others = (2 << range) - 1;
            sink.configurationStreams(stream, range);
            hardware.configuration(stream & ~others, stream | others);
        }
    }

    private void context(final int stream, final long word0, final long word1) {
        final int substream = CommandFields.substream(word0);
        if (CommandFields.fits(substream, capabilities.substreamIdBits())) {
            sink.configurationContext(stream, substream);
            hardware.invalidation(word0, word1);
        }
    }
}
