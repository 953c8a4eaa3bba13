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
package io.viommu.smmu.fault;

/**
 * What the guest's own tables say about a transaction of a passed-through device: the re-walk by which a live physical
 * event gets what only the guest's tables can tell. Called by the injector; must neither block, allocate, throw nor
 * change the tables (no access flags, no dirty state).
 */
public interface GuestTables {

    /** The tables don't lead to such a fetch. */
    long NOT_FOUND = -1;

    /** Stands for a transaction without SubstreamID. */
    int NO_SUBSTREAM = -1;

    /** Mask: of an address of the host, a guest can recognise what lies within a page, which stage 2 keeps. */
    long WITHIN_PAGE = 0xFF8;
    /** Mask: nothing is known of where the fetch went, so the one is looked for that aborts in the guest's memory. */
    long ABORTED = 0;

    /** The tables let the access through, or end it without an event. */
    int ALLOWED = 0;
    /** The tables stop the access, but CD.R says that the guest wants no record of it. */
    int SUPPRESSED = -1;
    /** The tables have a fault of a stage 2, whose event has more to it than a number. */
    int STAGE_2 = -2;

    /**
     * Finds the fetch of a context descriptor, or of the descriptor that leads to it.
     *
     * @param stream    the guest's StreamID.
     * @param substream SubstreamID, or {@link #NO_SUBSTREAM}.
     * @param fetched   where the fetch went, as far as it is known.
     * @param mask      the bits of {@code fetched} to compare, or {@link #ABORTED}.
     * @return the address in the guest's terms, or {@link #NOT_FOUND}.
     */
    long contextFetch(int stream, int substream, long fetched, long mask);

    /**
     * Finds the fetch of a translation table descriptor.
     *
     * @param stream    the guest's StreamID.
     * @param substream SubstreamID, or {@link #NO_SUBSTREAM}.
     * @param input     the input address.
     * @param fetched   where the fetch went, as far as it is known.
     * @param mask      the bits of {@code fetched} to compare, or {@link #ABORTED}.
     * @return the address in the guest's terms, or {@link #NOT_FOUND}.
     */
    long descriptorFetch(int stream, int substream, long input, long fetched, long mask);

    /**
     * Whether the guest itself forbids ATS to a stream (EATS in effect, or translation off).
     *
     * @param stream the guest's StreamID.
     * @return false also where the stream's entry can't be used.
     */
    boolean refusesAts(int stream);

    /**
     * Translates, for a fault that came without a reason.
     *
     * @param stream    the guest's StreamID.
     * @param substream SubstreamID, or {@link #NO_SUBSTREAM}.
     * @param input     the input address.
     * @param access    flags as in {@link io.viommu.iommu.DmaSession}.
     * @return the number of the event, {@link #ALLOWED}, {@link #SUPPRESSED} or {@link #STAGE_2}.
     */
    int eventOf(int stream, int substream, long input, int access);

    /**
     * Where the fetch went that the last {@link #eventOf} is about.
     *
     * @return an address in the guest's terms; 0 if the event is not about a fetch.
     */
    long fetchAddress();
}
