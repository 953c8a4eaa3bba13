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
import io.viommu.vtd.spec.FaultRecordingLayout;

/** What a fault recording register says about a request, besides the reason (VT-d 11.4.7.6). */
final class RequestWords {

    private RequestWords() {
    }

    /** Requester, PASID, address type and type; without PASID the request's attributes are unknown. */
    static long high(final DmaRequest request) {
        long word = request.sourceId();
        if (request.hasPasid()) {
            word |= FaultRecordingLayout.PASID_PRESENT
                    | (long) request.pasid() << FaultRecordingLayout.PASID_SHIFT & FaultRecordingLayout.PASID;
            word |= request.executes() ? FaultRecordingLayout.EXECUTE : 0;
            word |= request.privileged() ? FaultRecordingLayout.PRIVILEGED : 0;
        }
        return word | type(request) | (long) addressType(request) << FaultRecordingLayout.ADDRESS_TYPE_SHIFT;
    }

    private static long type(final DmaRequest request) {
        if (request.atomic()) {
            return FaultRecordingLayout.T1 | FaultRecordingLayout.T2;
        }
        final boolean write = (request.access() & DmaSession.WRITE) != 0 && !request.translation();
        return write ? 0 : FaultRecordingLayout.T1;
    }

    private static int addressType(final DmaRequest request) {
        if (request.translated()) {
            return FaultRecordingLayout.AT_TRANSLATED;
        }
        return request.translation() ? FaultRecordingLayout.AT_TRANSLATION : FaultRecordingLayout.AT_UNTRANSLATED;
    }
}
