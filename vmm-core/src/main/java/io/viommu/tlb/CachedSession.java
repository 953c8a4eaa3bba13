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

package io.viommu.tlb;

import io.viommu.iommu.AtsSession;

/** What sessions of all models have in common: the transaction that invalidations wait for, and its translation. */
public abstract class CachedSession implements AtsSession {

    /** What the last translation found. */
    protected final CachedTranslation current = new CachedTranslation();
    private final DmaEpochs epochs;
    private final DmaEpoch epoch;

    /**
     * Opens a session.
     *
     * @param epochs of the model that it belongs to.
     */
    protected CachedSession(final DmaEpochs epochs) {
        this.epochs = epochs;
        this.epoch = epochs.open();
    }

    @Override
    public final void begin() {
        epoch.enter();
    }

    @Override
    public final void end() {
        epoch.leave();
    }

    @Override
    public final long address() {
        return current.output();
    }

    @Override
    public long span() {
        return current.span();
    }

    @Override
    public final void close() {
        epochs.close(epoch);
    }
}
