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

import io.viommu.tlb.InvalidationScope;
import io.viommu.vtd.command.InvalidationSink;
import io.viommu.vtd.remap.VtdInterruptRemapper;
import io.viommu.vtd.spec.PagingEntryLayout;
import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * Turns invalidations into records of the caches' logs (VT-d 6.5.2, tables 22 and 23). There are three caches, as in
 * the specification, and each invalidation drops from its own: context entries by requester, PASID table entries by
 * domain and PASID, translations by domain, PASID, type and address. Software that changes a context or PASID table
 * entry invalidates the translations that came of it too (VT-d 6.5.3.3). Invalidations of all threads take turns.
 */
final class CacheInvalidations implements InvalidationSink {

    /** The bit that first-stage and nested translations have in common, in their types. */
    private static final int FIRST_STAGE = PasidEntryLayout.PGTT_FIRST_STAGE;
    /** The bits of a type in which translations with a first stage, and those without, differ among themselves. */
    private static final int OTHER_TYPE_BITS = 0b110;

    private final VtdDmaTranslator translator;
    private final VtdInterruptRemapper interrupts;
    private final InvalidationScope scope = new InvalidationScope();

    CacheInvalidations(final VtdDmaTranslator translator, final VtdInterruptRemapper interrupts) {
        this.translator = translator;
        this.interrupts = interrupts;
    }

    @Override
    public synchronized void forgetAllContexts() {
        translator.dropContexts(scope.all());
    }

    @Override
    public synchronized void forgetContexts(final int sourceId, final int ignoredBits) {
        translator.dropContexts(scope.all().device(sourceId, ignoredBits));
    }

    @Override
    public synchronized void forgetAllPasids() {
        translator.dropPasids(scope.all());
    }

    @Override
    public synchronized void forgetPasids(final int domain) {
        translator.dropPasids(scope.all().domain(domain, 0));
    }

    @Override
    public synchronized void forgetPasid(final int domain, final int pasid) {
        translator.dropPasids(scope.all().domain(domain, 0).group(pasid));
    }

    @Override
    public synchronized void forgetAllTranslations() {
        translator.drop(scope.all());
    }

    @Override
    public synchronized void forgetDomain(final int domain) {
        translator.drop(scope.all().domain(domain, 0));
    }

    @Override
    public synchronized void forgetPages(final int domain, final long address, final int addressMask,
            final boolean leafOnly) {
        translator.drop(within(scope.all().domain(domain, 0).kind(0, OTHER_TYPE_BITS), address, addressMask));
        translator.drop(scope.all().domain(domain, 0).kind(FIRST_STAGE, OTHER_TYPE_BITS));
    }

    @Override
    public synchronized void forgetPasidTranslations(final int domain, final int pasid) {
        translator.drop(ofPasid(domain, pasid));
    }

    @Override
    public synchronized void forgetPasidPages(final int domain, final int pasid, final long address,
            final int addressMask, final boolean leafOnly) {
        translator.drop(within(ofPasid(domain, pasid), address, addressMask));
    }

    private InvalidationScope ofPasid(final int domain, final int pasid) {
        return scope.all().domain(domain, 0).group(pasid).kind(FIRST_STAGE, OTHER_TYPE_BITS);
    }

    private static InvalidationScope within(final InvalidationScope of, final long address, final int addressMask) {
        final int shift = PagingEntryLayout.PAGE_SHIFT + addressMask;
        final long offset = shift >= Long.SIZE ? -1L : (1L << shift) - 1;
        return of.range(address & ~offset, address | offset);
    }

    @Override
    public void forgetAllInterrupts() {
        interrupts.routes().refresh();
    }

    @Override
    public void forgetInterrupts(final int index, final int indexMask) {
        interrupts.routes().refresh(); // entries are read from memory for each interrupt; only routes keep any
    }

    @Override
    public int invalidateDevice(final int sourceId, final int pasid, final long address, final int pagesLog2) {
        return translator.devices().invalidate(sourceId, pasid, address, pagesLog2);
    }

    @Override
    public synchronized void pageRequested(final int sourceId, final int pasid, final long address) {
        translator.drop(within(scope.all().device(sourceId, 0).pasid(pasid), address, 0));
    }

    @Override
    public boolean quiesce(final long nanos) {
        return translator.quiesce(nanos) && interrupts.quiesce(nanos);
    }
}
