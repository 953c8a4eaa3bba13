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

import io.viommu.iommu.DmaSession;

/**
 * What the guest's invalidations do to caches (VT-d 6.5). Queue and registers call it; the translation side implements
 * it. An implementation may always forget more than it is asked to.
 *
 * <p>Calls come on any thread, {@link #pageRequested} on the injector; an implementation that can't take two at once
 * lets them take turns. None waits (but {@link #quiesce}), allocates or loops over addresses: the cost of a call does
 * not grow with the range that it names. What a call forgot may still be in use by transactions under way.
 *
 * <p>Identifiers are unsigned: requester ids and domain ids of 16 bits, PASIDs of 20. A range of pages is 2^mask pages
 * from an address whose low bits are ignored; an entry goes if it overlaps the range at all.
 */
public interface InvalidationSink {

    /** Stands for a request without PASID. */
    int NO_PASID = DmaSession.NO_PASID;
    /** Stands for all PASIDs and requests without one. */
    int ANY_PASID = -2;

    /** The device has dropped what it was told to. */
    int COMPLETED = 0;
    /** The device did not answer in time. */
    int TIMED_OUT = 1;
    /** The device answered something else. */
    int WRONG_COMPLETION = 2;

    /** Forgets all that came of the root table: what a new one, or switching it on or off, makes wrong (VT-d 6.6). */
    default void forgetRootTable() {
        forgetAllContexts();
        forgetAllPasids();
        forgetAllTranslations();
    }

    /** Forgets all context entries (type 1, global and domain-selective). */
    void forgetAllContexts();

    /**
     * Forgets context entries of a device (type 1).
     *
     * @param sourceId    requester id.
     * @param ignoredBits bits of the function number that don't matter, 0 to 7.
     */
    void forgetContexts(int sourceId, int ignoredBits);

    /** Forgets all PASID table entries (type 7). */
    void forgetAllPasids();

    /**
     * Forgets the PASID table entries of a domain (type 7).
     *
     * @param domain domain id.
     */
    void forgetPasids(int domain);

    /**
     * Forgets one PASID table entry (type 7).
     *
     * @param domain domain id.
     * @param pasid  the PASID.
     */
    void forgetPasid(int domain, int pasid);

    /** Forgets all translations (type 2). */
    void forgetAllTranslations();

    /**
     * Forgets the translations of a domain, of every stage (type 2).
     *
     * @param domain domain id.
     */
    void forgetDomain(int domain);

    /**
     * Forgets second-stage translations of pages, and first-stage and nested ones of the whole domain, which can't be
     * told apart by second-stage addresses (type 2; VT-d table 23).
     *
     * @param domain      domain id.
     * @param address     of the first page.
     * @param addressMask log2 of the number of pages, 0 to 63.
     * @param leafOnly    true if cached non-leaf entries may be kept.
     */
    void forgetPages(int domain, long address, int addressMask, boolean leafOnly);

    /**
     * Forgets first-stage and nested translations of a PASID (type 6).
     *
     * @param domain domain id.
     * @param pasid  the PASID.
     */
    void forgetPasidTranslations(int domain, int pasid);

    /**
     * Forgets first-stage and nested translations of pages of a PASID (type 6).
     *
     * @param domain      domain id.
     * @param pasid       the PASID.
     * @param address     of the first page.
     * @param addressMask log2 of the number of pages, 0 to 63.
     * @param leafOnly    true if cached non-leaf entries may be kept.
     */
    void forgetPasidPages(int domain, int pasid, long address, int addressMask, boolean leafOnly);

    /** Forgets all interrupt remapping entries (type 4). */
    void forgetAllInterrupts();

    /**
     * Forgets interrupt remapping entries (type 4).
     *
     * @param index     the first index; its low bits are ignored.
     * @param indexMask log2 of the number of entries, 0 to 15.
     */
    void forgetInterrupts(int index, int indexMask);

    /**
     * Tells a device to drop translations that it got through ATS (types 3 and 8).
     *
     * @param sourceId  requester id.
     * @param pasid     the PASID, {@link #NO_PASID} or {@link #ANY_PASID}.
     * @param address   of the first page.
     * @param pagesLog2 log2 of the number of pages, 0 to 52.
     * @return {@link #COMPLETED}, {@link #TIMED_OUT} or {@link #WRONG_COMPLETION}.
     */
    int invalidateDevice(int sourceId, int pasid, long address, int pagesLog2);

    /**
     * Forgets what a page request says is stale: the translation of its page (VT-d 6.5.3.1). Called by the injector.
     *
     * @param sourceId requester id.
     * @param pasid    the PASID or {@link #NO_PASID}.
     * @param address  of the page.
     */
    void pageRequested(int sourceId, int pasid, long address);

    /**
     * Waits until no transaction, walk or interrupt message is under way that could have used what was forgotten before
     * this call, so that the accesses made with it are visible (VT-d 6.5.4); those of the calling thread excepted.
     *
     * @param nanos how long at most; 0 to look only, {@link Long#MAX_VALUE} for ever.
     * @return false if some of them may not have ended.
     */
    boolean quiesce(long nanos);
}
