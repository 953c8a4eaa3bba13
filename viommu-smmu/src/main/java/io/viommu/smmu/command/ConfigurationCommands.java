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

import io.viommu.smmu.layout.CommandLayout;
import io.viommu.smmu.register.SmmuOptions;
import io.viommu.smmu.translate.InvalidationSink;

/**
 * Invalidations of configuration structures (IHI 0070, 4.3). First-level descriptors are always forgotten with the
 * leaves; a StreamID or SubstreamID out of range has no effect (4.1.7).
 */
final class ConfigurationCommands {

    /** Means one StreamID to the sink. */
    private static final int SINGLE = -1;

    private final SmmuOptions options;
    private final InvalidationSink sink;

    ConfigurationCommands(final SmmuOptions options, final InvalidationSink sink) {
        this.options = options;
        this.sink = sink;
    }

    void execute(final CommandType type, final long word0, final long word1) {
        final int stream = CommandFields.stream(word0);
        if (type == CommandType.CFGI_STE_RANGE) {
            range(stream, (int) (word1 & CommandLayout.RANGE));
        } else if (CommandFields.fits(stream, options.sidSize())) {
            switch (type) {
                case CFGI_STE -> sink.configurationStreams(stream, SINGLE);
                case CFGI_CD_ALL -> sink.configurationContexts(stream);
                default -> context(stream, CommandFields.substream(word0));
            }
        }
    }

    private void range(final int stream, final int range) {
        if (range == CommandLayout.RANGE_ALL) {
            sink.configurationAll();
        } else {
            sink.configurationStreams(stream, range);
        }
    }

    private void context(final int stream, final int substream) {
        if (CommandFields.fits(substream, options.ssidSize())) {
            sink.configurationContext(stream, substream);
        }
    }
}
