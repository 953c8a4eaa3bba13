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

import io.viommu.vtd.command.InvalidationSink;

/** The devices' side of PCIe ATS: emulated devices that keep translations which {@link VtdSession} gave them. */
@FunctionalInterface
public interface DeviceTlb {

    /** No device keeps any. */
    DeviceTlb NONE = (_, _, _, _) -> InvalidationSink.COMPLETED;

    /**
     * Makes a device drop translations, and waits until it no longer uses them.
     *
     * @param sourceId  requester id.
     * @param pasid     the PASID, {@link InvalidationSink#NO_PASID} or {@link InvalidationSink#ANY_PASID}.
     * @param address   of the first page.
     * @param pagesLog2 log2 of the number of pages.
     * @return {@link InvalidationSink#COMPLETED}, {@link InvalidationSink#TIMED_OUT} or
     *         {@link InvalidationSink#WRONG_COMPLETION}.
     */
    int invalidate(int sourceId, int pasid, long address, int pagesLog2);
}
