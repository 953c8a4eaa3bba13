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

import static io.viommu.fault.FaultDisposition.DELIVERED;
import static io.viommu.fault.FaultDisposition.HOST_CONFIGURATION;
import static io.viommu.fault.FaultDisposition.HOST_EVENT;
import static io.viommu.fault.FaultDisposition.HOST_STAGE_2;
import static io.viommu.smmu.spec.EventLayout.CLASS_CD;
import static io.viommu.smmu.spec.EventLayout.CLASS_TT;

import java.util.List;

import io.viommu.fault.FaultDisposition;
import io.viommu.smmu.spec.EventLayout;

/**
 * Who owns a physical event of a nested stream, as one table: event type, stage and CLASS decide. Who caused it answers
 * for it: what the guest's stage 1 did is passed, what only the host configures is kept, and a stage-2 fault of the
 * guest's own walk becomes the abort that a real SMMU would report from outside the guest's domain (IHI 0070, 3.12.5).
 *
 * <p>Rows are tried in order; an event that no row names is kept.
 */
public enum PhysicalEventPolicy {
    /**
     * For replayed logs: what is the guest's goes through word by word except for the StreamID, since a log has already
     * been seen by its guest.
     */
    AS_REPORTED,
    /**
     * For live faults: only defined fields go through, without what an implementation adds, without host addresses, and
     * with stall tags of the vSMMU's own. What only the guest's tables can tell is found again by walking them: where a
     * fetch went, and whether it was the guest who forbade ATS. An event that they don't explain is kept. (That stage 1
     * faulted is not asked again: the hardware walked these same tables, and they may have changed meanwhile.)
     */
    REWALK;

    /** What becomes of a physical event of a stream that the guest's vSMMU stands for. */
    public enum Treatment {
        /** The guest's own tables caused it: the guest gets it. */
        PASS,
        /**
         * The guest's if its vSMMU offers ATS, and live only if its own tables forbid the stream ATS; without ATS the
         * guest has no register or structure to answer for it.
         */
        PASS_IF_ATS,
        /**
         * The guest's, but FetchAddr is a host physical address, which a guest must not learn. Passed as reported from
         * a log; live, only with the address found again in the guest's own tables.
         */
        PASS_WITHOUT_HOST_ADDRESS,
        /** Stage 2 stopped the guest's walk, who sees F_WALK_EABT at the IPA of its descriptor (3.12.5, 7.3.12). */
        AS_WALK_ABORT,
        /** Stage 2 stopped the fetch of the guest's CD: the guest sees F_CD_FETCH at the IPA of its CD (7.3.10). */
        AS_CD_ABORT,
        /** The host's; the guest never sees it. */
        KEEP
    }

    /** Any stage, or any class, matches. */
    private static final int ANY = -1;
    private static final int CLASSES = 4;
    private static final int STAGES = 2;

    /**
     * One row.
     *
     * @param type      number of the event.
     * @param stage     0 for S2=0, 1 for S2=1, or {@link #ANY}.
     * @param fault     CLASS, or {@link #ANY}.
     * @param treatment what becomes of it.
     * @param kept      the disposition, if it is kept.
     */
    private record Row(int type, int stage, int fault, Treatment treatment, FaultDisposition kept) {
    }

    private static final List<Row> ROWS = List.of(
            keep(EventLayout.F_UUT, HOST_EVENT),
            keep(EventLayout.C_BAD_STREAMID, HOST_CONFIGURATION),
            keep(EventLayout.F_STE_FETCH, HOST_CONFIGURATION),
            pass(EventLayout.C_BAD_STE),
            row(EventLayout.F_BAD_ATS_TREQ, Treatment.PASS_IF_ATS, HOST_CONFIGURATION),
            pass(EventLayout.F_STREAM_DISABLED),
            row(EventLayout.F_TRANSL_FORBIDDEN, Treatment.PASS_IF_ATS, HOST_CONFIGURATION),
            pass(EventLayout.C_BAD_SUBSTREAMID),
            row(EventLayout.F_CD_FETCH, Treatment.PASS_WITHOUT_HOST_ADDRESS, HOST_CONFIGURATION),
            pass(EventLayout.C_BAD_CD),
            new Row(EventLayout.F_WALK_EABT, 0, ANY, Treatment.PASS_WITHOUT_HOST_ADDRESS, HOST_EVENT),
            new Row(EventLayout.F_WALK_EABT, 1, ANY, Treatment.KEEP, HOST_STAGE_2),
            stage1(EventLayout.F_TRANSLATION), walk(EventLayout.F_TRANSLATION), fetch(EventLayout.F_TRANSLATION),
            stage2(EventLayout.F_TRANSLATION),
            stage1(EventLayout.F_ADDR_SIZE), walk(EventLayout.F_ADDR_SIZE), fetch(EventLayout.F_ADDR_SIZE),
            stage2(EventLayout.F_ADDR_SIZE),
            stage1(EventLayout.F_ACCESS), walk(EventLayout.F_ACCESS), fetch(EventLayout.F_ACCESS),
            stage2(EventLayout.F_ACCESS),
            stage1(EventLayout.F_PERMISSION), walk(EventLayout.F_PERMISSION), fetch(EventLayout.F_PERMISSION),
            stage2(EventLayout.F_PERMISSION),
            stage1(EventLayout.F_TLB_CONFLICT), stage2(EventLayout.F_TLB_CONFLICT),
            keep(EventLayout.F_CFG_CONFLICT, HOST_CONFIGURATION),
            keep(EventLayout.E_PAGE_REQUEST, HOST_EVENT),
            keep(EventLayout.F_VMS_FETCH, HOST_CONFIGURATION));

    private static final Treatment[] TREATMENTS = new Treatment[256 * STAGES * CLASSES];
    private static final FaultDisposition[] KEPT = new FaultDisposition[256 * STAGES * CLASSES];
    static {
        for (int i = 0; i < TREATMENTS.length; i++) {
            final Row row = find(i / (STAGES * CLASSES), i / CLASSES % STAGES, i % CLASSES);
            TREATMENTS[i] = row.treatment();
            KEPT[i] = row.kept();
        }
    }

    private static Row find(final int type, final int stage, final int fault) {
        return ROWS.stream()
                .filter(row -> row.type() == type && (row.stage() == ANY || row.stage() == stage)
                        && (row.fault() == ANY || row.fault() == fault))
                .findFirst().orElse(new Row(type, ANY, ANY, Treatment.KEEP, HOST_EVENT));
    }

    private static Row keep(final int type, final FaultDisposition why) {
        return row(type, Treatment.KEEP, why);
    }

    private static Row pass(final int type) {
        return row(type, Treatment.PASS, DELIVERED);
    }

    private static Row row(final int type, final Treatment treatment, final FaultDisposition kept) {
        return new Row(type, ANY, ANY, treatment, kept);
    }

    private static Row stage1(final int type) {
        return new Row(type, 0, ANY, Treatment.PASS, DELIVERED);
    }

    private static Row walk(final int type) {
        return new Row(type, 1, CLASS_TT, Treatment.AS_WALK_ABORT, HOST_STAGE_2);
    }

    private static Row fetch(final int type) {
        return new Row(type, 1, CLASS_CD, Treatment.AS_CD_ABORT, HOST_STAGE_2);
    }

    private static Row stage2(final int type) {
        return new Row(type, 1, ANY, Treatment.KEEP, HOST_STAGE_2);
    }

    private static int index(final long word0, final long word1) {
        return (EventLayout.type(word0) * STAGES + ((word1 & EventLayout.S2) == 0 ? 0 : 1)) * CLASSES
                + EventLayout.faultClass(word1);
    }

    /**
     * What becomes of an event; the same under both policies.
     *
     * @param word0 first word of the physical record.
     * @param word1 second word.
     * @return the treatment that the table names.
     */
    public static Treatment treatment(final long word0, final long word1) {
        return TREATMENTS[index(word0, word1)];
    }

    /**
     * How an event ends that is kept from the guest.
     *
     * @param word0 first word of the physical record.
     * @param word1 second word.
     * @return a disposition with outcome HOST_ONLY, or DELIVERED for one that is never kept.
     */
    public static FaultDisposition kept(final long word0, final long word1) {
        return KEPT[index(word0, word1)];
    }

    /**
     * Makes of a physical record what the guest is to find, or says why there is nothing to find.
     *
     * @param event       the physical record; becomes the guest's if DELIVERED is returned.
     * @param guestStream StreamID that the guest knows the device by.
     * @param ats         whether the vSMMU offers ATS.
     * @param tables      the guest's tables; {@link #AS_REPORTED} doesn't ask them.
     * @return DELIVERED if {@code event} is to be written, else why not.
     */
    FaultDisposition apply(final GuestEvent event, final int guestStream, final boolean ats,
            final GuestTables tables) {
        final Treatment treatment = treatment(event.word0, event.word1);
        final FaultDisposition kept = kept(event.word0, event.word1);
        if (treatment == Treatment.KEEP) {
            return kept;
        }
        event.word0 = event.word0 & ~EventLayout.STREAM | (long) guestStream << EventLayout.STREAM_SHIFT;
        return switch (treatment) {
            case PASS_IF_ATS -> ats && (this == AS_REPORTED || tables.refusesAts(guestStream)) ? pass(event) : kept;
            case PASS_WITHOUT_HOST_ADDRESS -> this == AS_REPORTED ? DELIVERED : passFetch(event, tables, kept);
            case AS_WALK_ABORT -> walkAbort(event, tables);
            case AS_CD_ABORT -> contextAbort(event, tables);
            default -> pass(event);
        };
    }

    private FaultDisposition pass(final GuestEvent event) {
        if (this == REWALK) {
            scrub(event);
        }
        return DELIVERED;
    }

    /** The address of the host is replaced by the guest's, of which it has the bits within a page. */
    private FaultDisposition passFetch(final GuestEvent event, final GuestTables tables, final FaultDisposition kept) {
        final long host = event.word3 & EventLayout.FETCH_ADDR;
        final long found = fetch(event, tables, host, host == 0 ? GuestTables.ABORTED : GuestTables.WITHIN_PAGE);
        if (found == GuestTables.NOT_FOUND) {
            return kept;
        }
        scrub(event);
        event.word3 = found & EventLayout.FETCH_ADDR;
        return DELIVERED;
    }

    private FaultDisposition walkAbort(final GuestEvent event, final GuestTables tables) {
        event.set(event.word0 & ~EventLayout.TYPE | EventLayout.F_WALK_EABT,
                event.word1 & (EventLayout.PNU | EventLayout.IND | EventLayout.RNW)
                        | (long) CLASS_TT << EventLayout.CLASS_SHIFT,
                event.word2, event.word3 & EventLayout.FETCH_ADDR);
        return refine(event, tables);
    }

    private FaultDisposition contextAbort(final GuestEvent event, final GuestTables tables) {
        event.set(event.word0 & ~EventLayout.TYPE | EventLayout.F_CD_FETCH, 0, 0,
                event.word3 & EventLayout.FETCH_ADDR);
        return refine(event, tables);
    }

    /** A stage-2 fault names the page of the fetch (IPA[55:12]); which descriptor of it, the tables know. */
    private FaultDisposition refine(final GuestEvent event, final GuestTables tables) {
        if (this == REWALK) {
            final long found = fetch(event, tables, event.word3, EventLayout.IPA);
            if (found != GuestTables.NOT_FOUND) {
                event.word3 = found & EventLayout.FETCH_ADDR;
            }
        }
        return DELIVERED;
    }

    private static long fetch(final GuestEvent event, final GuestTables tables, final long fetched, final long mask) {
        final int stream = EventLayout.stream(event.word0);
        final int substream = (event.word0 & EventLayout.SSV) == 0
                ? GuestTables.NO_SUBSTREAM
                : (int) ((event.word0 & EventLayout.SUBSTREAM) >>> EventLayout.SUBSTREAM_SHIFT);
        return EventLayout.type(event.word0) == EventLayout.F_CD_FETCH
                ? tables.contextFetch(stream, substream, fetched, mask)
                : tables.descriptorFetch(stream, substream, event.word2, fetched, mask);
    }

    /** Reserved, IMPLEMENTATION DEFINED and UNKNOWN fields go; of a stage-1 fault that includes NSIPA and all of w3. */
    private static void scrub(final GuestEvent event) {
        final EventType type = EventType.of(EventLayout.type(event.word0));
        final long implementation = EventLayout.IMPDEF | EventLayout.NSIPA | EventLayout.GPCF | EventLayout.TTRNW
                | (type.canStall() || type == EventType.F_BAD_ATS_TREQ ? 0 : EventLayout.CONFLICT_REASON);
        final long idle = type.canStall() && (event.word1 & EventLayout.STALL) == 0 ? EventLayout.STAG : 0;
        final long ssid = EventLayout.substreamFields(EventLayout.type(event.word0));
        final long stream = (event.word0 & EventLayout.SSV) != 0 || type == EventType.C_BAD_SUBSTREAMID ? ssid : 0;
        event.set(event.word0 & (EventLayout.STREAM | EventLayout.TYPE | stream),
                event.word1 & type.word1() & ~implementation & ~idle, event.word2 & type.word2(), 0);
    }
}
