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

import java.util.ArrayList;
import java.util.List;

/** Writes down what it is told to forget; devices answer as the test says. */
public final class RecordingSink implements InvalidationSink {

    public final List<String> calls = new ArrayList<>();
    public int deviceAnswer = COMPLETED;
    public Runnable onQuiesce = () -> {
    };

    /** What came since the last call. */
    public List<String> take() {
        final List<String> result = List.copyOf(calls);
        calls.clear();
        return result;
    }

    private void note(final String format, final Object... values) {
        calls.add(String.format(format, values));
    }

    @Override
    public void forgetAllContexts() {
        note("contexts");
    }

    @Override
    public void forgetContexts(final int sourceId, final int ignoredBits) {
        note("contexts %x/%d", sourceId, ignoredBits);
    }

    @Override
    public void forgetAllPasids() {
        note("pasids");
    }

    @Override
    public void forgetPasids(final int domain) {
        note("pasids %x", domain);
    }

    @Override
    public void forgetPasid(final int domain, final int pasid) {
        note("pasid %x/%x", domain, pasid);
    }

    @Override
    public void forgetAllTranslations() {
        note("translations");
    }

    @Override
    public void forgetDomain(final int domain) {
        note("domain %x", domain);
    }

    @Override
    public void forgetPages(final int domain, final long address, final int addressMask, final boolean leafOnly) {
        note("pages %x %x+%d%s", domain, address, addressMask, leafOnly ? " leaf" : "");
    }

    @Override
    public void forgetPasidTranslations(final int domain, final int pasid) {
        note("pasid-translations %x/%x", domain, pasid);
    }

    @Override
    public void forgetPasidPages(final int domain, final int pasid, final long address, final int addressMask,
            final boolean leafOnly) {
        note("pasid-pages %x/%x %x+%d%s", domain, pasid, address, addressMask, leafOnly ? " leaf" : "");
    }

    @Override
    public void forgetAllInterrupts() {
        note("interrupts");
    }

    @Override
    public void forgetInterrupts(final int index, final int indexMask) {
        note("interrupts %x+%d", index, indexMask);
    }

    @Override
    public int invalidateDevice(final int sourceId, final int pasid, final long address, final int pagesLog2) {
        note("device %x/%s %x+%d", sourceId,
                pasid == NO_PASID ? "none" : pasid == ANY_PASID ? "any" : Integer.toHexString(pasid), address,
                pagesLog2);
        return deviceAnswer;
    }

    @Override
    public void pageRequested(final int sourceId, final int pasid, final long address) {
        note("requested %x/%x %x", sourceId, pasid, address);
    }

    @Override
    public boolean quiesce(final long nanos) {
        note("quiesce");
        onQuiesce.run();
        return true;
    }
}
