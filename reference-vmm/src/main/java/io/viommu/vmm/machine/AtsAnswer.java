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

package io.viommu.vmm.machine;

import io.viommu.iommu.AtsSession;

/**
 * The completion of a PCIe ATS translation request.
 *
 * @param status  {@link AtsSession#ATS_SUCCESS}, {@link AtsSession#ATS_UNSUPPORTED} or {@link AtsSession#ATS_ABORT}.
 * @param address where the region around the address begins, translated.
 * @param size    its size, a power of two.
 * @param rights  {@link AtsSession#ATS_READ}, {@link AtsSession#ATS_WRITE} and {@link AtsSession#ATS_EXECUTE}.
 */
public record AtsAnswer(int status, long address, long size, int rights) {

    private static final long SMALLEST = 4096;

    /** A region is a power of two in size and aligned: the smallest such that ends where the mapping does. */
    static AtsAnswer granted(final long iova, final long address, final long span, final int rights) {
        long size = SMALLEST;
        while (size > 0 && (iova & size - 1) + span != size) {
            size <<= 1;
        }
        if (size <= 0) {
            size = SMALLEST;
        }
        return new AtsAnswer(AtsSession.ATS_SUCCESS, address & -size, size, rights);
    }
}
