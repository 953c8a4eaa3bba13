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

package io.viommu.bench.tables;

import io.viommu.iommu.DmaSession;

/** Accesses of an emulated device, done in chunks. */
public final class Translations {

    private final DmaSession session;
    private final Accesses accesses;
    private final int pasid;

    /**
     * Prepares accesses.
     *
     * @param session  of the model.
     * @param accesses what to translate.
     */
    public Translations(final DmaSession session, final Accesses accesses) {
        this.session = session;
        this.accesses = accesses;
        this.pasid = DmaSession.NO_PASID;
    }

    /**
     * Translates a chunk, all in one transaction.
     *
     * @return the sum of the addresses.
     */
    public long inOneTransaction() {
        long sum = 0;
        final int from = accesses.next();
        session.begin();
        for (int i = from; i < from + Accesses.CHUNK; i++) {
            if (session.translate(accesses.device(i), pasid, accesses.address(i), DmaSession.READ) == DmaSession.OK) {
                sum += session.address();
            }
        }
        session.end();
        return sum;
    }

    /**
     * Translates a chunk, a transaction for each access: what a device does that asks for one buffer at a time.
     *
     * @return the sum of the addresses.
     */
    public long oneByOne() {
        long sum = 0;
        final int from = accesses.next();
        for (int i = from; i < from + Accesses.CHUNK; i++) {
            session.begin();
            if (session.translate(accesses.device(i), pasid, accesses.address(i), DmaSession.READ) == DmaSession.OK) {
                sum += session.address();
            }
            session.end();
        }
        return sum;
    }

    /**
     * Goes round the circle once, and compares with what it should be.
     *
     * @param output what is added to an input address.
     * @throws IllegalStateException if a translation is wrong or missing.
     */
    public void check(final long output) {
        for (int chunk = 0; chunk < accesses.size() / Accesses.CHUNK; chunk++) {
            final int from = accesses.next();
            for (int i = from; i < from + Accesses.CHUNK; i++) {
                session.begin();
                final int end = session.translate(accesses.device(i), pasid, accesses.address(i), DmaSession.READ);
                if (end != DmaSession.OK || session.address() != accesses.address(i) + output) {
                    throw new IllegalStateException("device " + accesses.device(i) + ", address 0x"
                            + Long.toHexString(accesses.address(i)) + ": result " + end + ", address 0x"
                            + Long.toHexString(session.address()));
                }
                session.end();
            }
        }
    }
}
