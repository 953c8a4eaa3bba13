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

package io.viommu.vtd.hardware;

import io.viommu.vtd.command.InvalidationSink;

/** Passes every invalidation on as it is. */
abstract class ForwardingSink implements InvalidationSink {

    private final InvalidationSink own;

    ForwardingSink(final InvalidationSink own) {
        this.own = own;
    }

    @Override
    public void forgetAllContexts() {
        own.forgetAllContexts();
    }

    @Override
    public void forgetContexts(final int sourceId, final int ignoredBits) {
        own.forgetContexts(sourceId, ignoredBits);
    }

    @Override
    public void forgetAllPasids() {
        own.forgetAllPasids();
    }

    @Override
    public void forgetPasids(final int domain) {
        own.forgetPasids(domain);
    }

    @Override
    public void forgetPasid(final int domain, final int pasid) {
        own.forgetPasid(domain, pasid);
    }

    @Override
    public void forgetAllTranslations() {
        own.forgetAllTranslations();
    }

    @Override
    public void forgetDomain(final int domain) {
        own.forgetDomain(domain);
    }

    @Override
    public void forgetPages(final int domain, final long address, final int addressMask, final boolean leafOnly) {
        own.forgetPages(domain, address, addressMask, leafOnly);
    }

    @Override
    public void forgetPasidTranslations(final int domain, final int pasid) {
        own.forgetPasidTranslations(domain, pasid);
    }

    @Override
    public void forgetPasidPages(final int domain, final int pasid, final long address, final int addressMask,
            final boolean leafOnly) {
        own.forgetPasidPages(domain, pasid, address, addressMask, leafOnly);
    }

    @Override
    public void forgetAllInterrupts() {
        own.forgetAllInterrupts();
    }

    @Override
    public void forgetInterrupts(final int index, final int indexMask) {
        own.forgetInterrupts(index, indexMask);
    }

    @Override
    public int invalidateDevice(final int sourceId, final int pasid, final long address, final int pagesLog2) {
        return own.invalidateDevice(sourceId, pasid, address, pagesLog2);
    }

    @Override
    public void pageRequested(final int sourceId, final int pasid, final long address) {
        own.pageRequested(sourceId, pasid, address);
    }

    @Override
    public boolean quiesce(final long nanos) {
        return own.quiesce(nanos);
    }
}
