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

package io.viommu.vtd.dma;

import io.viommu.iommu.DmaSession;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.fault.GuestTables;
import io.viommu.vtd.walk.RequestWalk;

/**
 * Asks the guest's tables about requests of passed-through devices, without a trace: no flag is set, nothing cached or
 * recorded. Belongs to the injector's thread.
 */
public final class GuestTableWalk implements GuestTables {

    private final VtdDmaTranslator translator;
    private final RequestWalk walk;
    private final DmaRequest request = new DmaRequest();
    private final VtdFault fault = new VtdFault();

    GuestTableWalk(final VtdDmaTranslator translator) {
        this.translator = translator;
        this.walk = new RequestWalk(translator.memory());
    }

    @Override
    public int reasonFor(final int sourceId, final int pasid, final long address, final int access) {
        return ask(sourceId, pasid, address, access);
    }

    @Override
    public int reasonFor(final int sourceId, final int pasid) {
        return ask(sourceId, pasid, 0, DmaRequest.PAGE_REQUEST);
    }

    private int ask(final int sourceId, final int pasid, final long address, final int access) {
        request.set(sourceId, pasid < 0 ? DmaSession.NO_PASID : pasid, address, access);
        final int reason = walk.walk(translator.context(), request, false, fault);
        return reason != VtdFault.NONE && fault.suppressed() ? GuestTables.SUPPRESSED : reason;
    }

    @Override
    public boolean faultProcessingDisabled(final int sourceId, final int pasid) {
        ask(sourceId, pasid, 0, DmaSession.READ);
        return fault.disabled();
    }
}
