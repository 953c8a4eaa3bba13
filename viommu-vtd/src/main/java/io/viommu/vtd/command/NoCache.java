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

package io.viommu.vtd.command;

/** Takes every invalidation, since there is nothing to forget and no device holds translations. */
final class NoCache implements InvalidationSink {

    @Override
    public void forgetAllContexts() {
        // nothing is cached
    }

    @Override
    public void forgetContexts(final int sourceId, final int ignoredBits) {
        // nothing is cached
    }

    @Override
    public void forgetAllPasids() {
        // nothing is cached
    }

    @Override
    public void forgetPasids(final int domain) {
        // nothing is cached
    }

    @Override
    public void forgetPasid(final int domain, final int pasid) {
        // nothing is cached
    }

    @Override
    public void forgetAllTranslations() {
        // nothing is cached
    }

    @Override
    public void forgetDomain(final int domain) {
        // nothing is cached
    }

    @Override
    public void forgetPages(final int domain, final long address, final int addressMask, final boolean leafOnly) {
        // nothing is cached
    }

    @Override
    public void forgetPasidTranslations(final int domain, final int pasid) {
        // nothing is cached
    }

    @Override
    public void forgetPasidPages(final int domain, final int pasid, final long address, final int addressMask,
            final boolean leafOnly) {
        // nothing is cached
    }

    @Override
    public void forgetAllInterrupts() {
        // nothing is cached
    }

    @Override
    public void forgetInterrupts(final int index, final int indexMask) {
        // nothing is cached
    }

    @Override
    public int invalidateDevice(final int sourceId, final int pasid, final long address, final int pagesLog2) {
        return COMPLETED;
    }

    @Override
    public void pageRequested(final int sourceId, final int pasid, final long address) {
        // nothing is cached
    }

    @Override
    public boolean quiesce(final long nanos) {
        return true; // nothing is under way
    }
}
