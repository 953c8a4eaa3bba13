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
package io.viommu.smmu.config;

import io.viommu.smmu.spec.EventLayout;

/**
 * What stopped a transaction, as far as the tables tell it: the number of the event and the fields that only the
 * look-up knows. One instance belongs to one thread and is used over and over.
 */
public final class SmmuFault {

    /** Nothing stopped it. */
    public static final int NONE = 0;
    /** It is aborted without an event. */
    public static final int SILENT = 0x100;

    private int event;
    private int faultClass;
    private boolean stage2;
    private boolean tableWrite;
    private long address;
    private Enum<?> rule;

    /** Makes a fault that says nothing. */
    public SmmuFault() {
    }

    /**
     * A configuration error or a silent abort: an event without further fields.
     *
     * @param number number of the event, or {@link #SILENT}.
     * @return the number.
     */
    public int configuration(final int number) {
        return set(number, EventLayout.CLASS_CD, false, 0, null);
    }

    /**
     * An entry is ILLEGAL.
     *
     * @param number C_BAD_STE or C_BAD_CD.
     * @param broken the rule that it breaks, for people.
     * @return the number.
     */
    public int illegal(final int number, final Enum<?> broken) {
        return set(number, EventLayout.CLASS_CD, false, 0, broken);
    }

    /**
     * The fetch of a structure or descriptor aborted.
     *
     * @param number  F_STE_FETCH, F_CD_FETCH or F_WALK_EABT.
     * @param klass   for F_WALK_EABT: CLASS.
     * @param ofStage2 for F_WALK_EABT: the descriptor is of stage 2.
     * @param fetched physical address of the fetch.
     * @return the number.
     */
    public int fetch(final int number, final int klass, final boolean ofStage2, final long fetched) {
        return set(number, klass, ofStage2, fetched, null);
    }

    /**
     * A fault of stage 1.
     *
     * @param number one of the four translation-related events.
     * @return the number.
     */
    public int stage1(final int number) {
        return set(number, EventLayout.CLASS_IN, false, 0, null);
    }

    /**
     * A fault of stage 2.
     *
     * @param number one of the four translation-related events.
     * @param klass  what the IPA was of.
     * @param ipa    the address that stage 2 was asked for.
     * @param write  with CLASS TT: it was to be written, because of a flag update.
     * @return the number.
     */
    public int stage2(final int number, final int klass, final long ipa, final boolean write) {
        set(number, klass, true, ipa, null);
        tableWrite = write;
        return number;
    }

    private int set(final int number, final int klass, final boolean ofStage2, final long where,
            final Enum<?> broken) {
        event = number;
        faultClass = klass;
        stage2 = ofStage2;
        address = where;
        tableWrite = false;
        rule = broken;
        return number;
    }

    /**
     * The event.
     *
     * @return its number, or {@link #SILENT}.
     */
    public int event() {
        return event;
    }

    /**
     * CLASS.
     *
     * @return 0 to 2; meaningful for F_WALK_EABT and the translation-related events.
     */
    public int faultClass() {
        return faultClass;
    }

    /**
     * S2.
     *
     * @return true for a fault of stage 2.
     */
    public boolean stage2() {
        return stage2;
    }

    /**
     * The IPA or fetch address.
     *
     * @return 0 where the event has none.
     */
    public long address() {
        return address;
    }

    /**
     * The inverse of TTRnW.
     *
     * @return true if updating a descriptor was refused.
     */
    public boolean tableWrite() {
        return tableWrite;
    }

    /**
     * The rule that an ILLEGAL entry breaks.
     *
     * @return a {@link SteRule} or {@link CdRule}, else null.
     */
    public Enum<?> rule() {
        return rule;
    }

    /**
     * Whether the event is one of the four that stall, and that CD.R and STE.S2R can silence (5.5).
     *
     * @return true for F_TRANSLATION, F_ADDR_SIZE, F_ACCESS and F_PERMISSION.
     */
    public boolean translationRelated() {
        return event >= EventLayout.F_TRANSLATION && event <= EventLayout.F_PERMISSION;
    }
}
