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

import io.viommu.smmu.page.PageRequests;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * What goes to devices: ATS invalidations and answers to page requests (IHI 0070, 4.5). Both are IGNORED while SMMUEN
 * is 0, but what is illegal is so in any case (4.1.3).
 */
final class DeviceCommands {

    private final SmmuCapabilities capabilities;
    private final RegisterFrame frame;
    private final PageRequests pageRequests;
    private final PassedThrough hardware;
    private volatile DeviceCaches caches = DeviceCaches.NONE;

    DeviceCommands(final SmmuCapabilities capabilities, final RegisterFrame frame, final PageRequests pageRequests,
            final PassedThrough hardware) {
        this.capabilities = capabilities;
        this.frame = frame;
        this.pageRequests = pageRequests;
        this.hardware = hardware;
    }

    void caches(final DeviceCaches newCaches) {
        caches = newCaches;
    }

    int execute(final CommandType type, final long word0, final long word1) {
        final int resp = (int) (word1 >>> CommandLayout.RESP_SHIFT) & 3;
        if (type == CommandType.PRI_RESP && resp == CommandLayout.RESP_RESERVED) {
            return CommandLayout.CERROR_ILL;
        }
        final int stream = CommandFields.stream(word0);
        if (!frame.enabled(SmmuRegisters.CR0_SMMUEN) || !CommandFields.fits(stream, capabilities.streamIdBits())) {
            return 0;
        }
        if (type == CommandType.PRI_RESP) {
            pageRequests.respond(stream, (int) (word1 & CommandLayout.PRG_INDEX), resp);
        } else {
            invalidate(stream, word0, word1);
            hardware.invalidation(word0, word1);
        }
        return 0;
    }

    /** A size above 52 is taken for everything, which the architecture leaves open. */
    private void invalidate(final int stream, final long word0, final long word1) {
        final int size = Math.min((int) (word1 & CommandLayout.ATC_SIZE), CommandLayout.ATC_SIZE_ALL);
        final long address = size == CommandLayout.ATC_SIZE_ALL
                ? 0
                : word1 & CommandLayout.ADDRESS & -1L << size + 12;
        final boolean pasid = capabilities.substreamIdBits() > 0 && (word0 & CommandLayout.SSV) != 0;
        caches.invalidate(stream, pasid ? CommandFields.substream(word0) : DeviceCaches.NO_SUBSTREAM,
                pasid && (word0 & CommandLayout.GLOBAL) != 0, address, size);
    }

    boolean confirmed() {
        return caches.confirmed();
    }
}
