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

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.fault.FaultDisposition;

/** Row by row: who owns a physical event, and what of it a guest sees. */
class PhysicalEventPolicyTest {

    private static final long S2 = 1L << 39;
    private static final long TT = 1L << 40;
    private static final long IN = 2L << 40;

    private final GuestEvent event = new GuestEvent();
    private final KnownTables tables = new KnownTables();

    private FaultDisposition apply(final PhysicalEventPolicy policy, final long word0, final long word1,
            final long word2, final long word3, final int guestStream, final boolean ats) {
        event.set(word0, word1, word2, word3);
        return policy.apply(event, guestStream, ats, tables);
    }

    /** Tables that know one fetch, and whether they refuse ATS. */
    private static final class KnownTables implements GuestTables {
        private long fetch = NOT_FOUND;
        private boolean refusesAts = true;
        private String asked = "";

        @Override
        public long contextFetch(final int stream, final int substream, final long fetched, final long mask) {
            asked = "cd %x %x %x %x".formatted(stream, substream, fetched, mask);
            return fetch;
        }

        @Override
        public long descriptorFetch(final int stream, final int substream, final long input, final long fetched,
                final long mask) {
            asked = "tt %x %x %x %x %x".formatted(stream, substream, input, fetched, mask);
            return fetch;
        }

        @Override
        public boolean refusesAts(final int stream) {
            return refusesAts;
        }

        @Override
        public int eventOf(final int stream, final int substream, final long input, final int access) {
            return ALLOWED;
        }

        @Override
        public long fetchAddress() {
            return 0;
        }
    }

    @ParameterizedTest
    @CsvSource({ "0x01,HOST_EVENT", "0x02,HOST_CONFIGURATION", "0x03,HOST_CONFIGURATION", "0x21,HOST_CONFIGURATION",
        "0x24,HOST_EVENT", "0x25,HOST_CONFIGURATION", "0xe0,HOST_EVENT", "0xef,HOST_EVENT", "0x00,HOST_EVENT",
        "0x0c,HOST_EVENT", "0x14,HOST_EVENT", "0xff,HOST_EVENT" })
    void hostEventsAreKeptUnderBothPolicies(final String type, final FaultDisposition why) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(apply(policy, Long.decode(type), 0, 0, 0, 8, true)).isEqualTo(why);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x04, 0x06, 0x08, 0x0A, 0x10, 0x11, 0x12, 0x13, 0x20 })
    void stage1EventsArePassedUnderBothPolicies(final long type) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(apply(policy, 0x1234_0000_0000L << 4 | type, IN, 0x5000, 0, 8, false))
                    .isEqualTo(FaultDisposition.DELIVERED);
            assertThat(event.word(0) >>> 32).isEqualTo(8);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x05, 0x07 })
    void atsEventsArePassedOnlyToAGuestThatIsOfferedAts(final long type) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(apply(policy, type, 0, 0, 0, 8, true)).isEqualTo(FaultDisposition.DELIVERED);
            assertThat(apply(policy, type, 0, 0, 0, 8, false)).isEqualTo(FaultDisposition.HOST_CONFIGURATION);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x10, 0x11, 0x12, 0x13 })
    void stage2FaultOfTheInputAddressIsTheHosts(final long type) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(apply(policy, type, S2 | IN, 0x1000, 0x2000, 8, true))
                    .isEqualTo(FaultDisposition.HOST_STAGE_2);
            assertThat(apply(policy, type, S2 | 3L << 40, 0x1000, 0x2000, 8, true))
                    .as("reserved class").isEqualTo(FaultDisposition.HOST_STAGE_2);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x10, 0x11, 0x12, 0x13 })
    void stage2FaultOfTheGuestsWalkBecomesAWalkAbortAtTheIpa(final long type) {
        final long access = 1L << 33 | 1L << 34 | 1L << 35;
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(apply(policy, 0x0000_1234_0005_5800L | type, S2 | TT | access | 1L << 44 | 0xBEEFL << 48 | 0x77,
                    0xFFFF_8000_1234_5678L, 0x0000_003F_0000_1000L, 8, false))
                    .isEqualTo(FaultDisposition.DELIVERED);
            assertThat(event.word(0)).isEqualTo(0x0000_0008_0005_580BL);
            assertThat(event.word(1)).as("S2=0, CLASS=TT, access kept").isEqualTo(TT | access);
            assertThat(event.word(2)).isEqualTo(0xFFFF_8000_1234_5678L);
            assertThat(event.word(3)).isEqualTo(0x0000_003F_0000_1000L);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x10, 0x11, 0x12, 0x13 })
    void stage2FaultOfTheFetchOfTheGuestsCdBecomesACdFetchAbortAtTheIpa(final long type) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(
                    apply(policy, 0x0000_1234_0000_0000L | type, S2 | 1L << 35, 0x1000, 0x0000_003F_0000_2000L, 8,
                            false))
                    .isEqualTo(FaultDisposition.DELIVERED);
            assertThat(event.word(0)).isEqualTo(0x0000_0008_0000_0009L);
            assertThat(event.word(1)).isZero();
            assertThat(event.word(2)).isZero();
            assertThat(event.word(3)).isEqualTo(0x0000_003F_0000_2000L);
        }
    }

    @Test
    void walkAbortOfStage2IsTheHosts() {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(apply(policy, 0x0B, S2 | TT, 0, 0, 8, true)).isEqualTo(FaultDisposition.HOST_STAGE_2);
        }
    }

    @Test
    void conflictInStage2IsTheHosts() {
        assertThat(apply(PhysicalEventPolicy.REWALK, 0x20, S2, 0, 0, 8, true))
                .isEqualTo(FaultDisposition.HOST_STAGE_2);
    }

    @Test
    void fetchAddressOfTheHostIsNotShownLiveButALogIsPassedAsItIs() {
        assertThat(apply(PhysicalEventPolicy.REWALK, 0x09, 0, 0, 0x8_0000_0000L, 8, true))
                .isEqualTo(FaultDisposition.HOST_CONFIGURATION);
        assertThat(apply(PhysicalEventPolicy.REWALK, 0x0B, TT, 0, 0x8_0000_0000L, 8, true))
                .isEqualTo(FaultDisposition.HOST_EVENT);
        assertThat(apply(PhysicalEventPolicy.AS_REPORTED, 0x0B, TT | 5, 6, 0x8_0000_0000L, 8, true))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(event.word(3)).isEqualTo(0x8_0000_0000L);
    }

    @Test
    void fetchAddressOfTheHostIsReplacedByTheOneThatTheGuestsTablesLeadTo() {
        tables.fetch = 0x4000_5048L;
        assertThat(apply(PhysicalEventPolicy.REWALK, 0x0005_5809L, 0x1_0007, 0, 0x8_0000_0048L, 8, false))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(tables.asked).isEqualTo("cd 8 55 800000048 ff8");
        assertThat(event.word(1)).as("Reason and GPCF are the host's").isZero();
        assertThat(event.word(3)).isEqualTo(0x4000_5048L);
        assertThat(apply(PhysicalEventPolicy.REWALK, 0x0B, TT | 1L << 35, 0x7000, 0x8_0000_0048L, 8, false))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(tables.asked).isEqualTo("tt 8 ffffffff 7000 800000048 ff8");
        assertThat(event.word(1)).isEqualTo(TT | 1L << 35);
        assertThat(event.word(2)).isEqualTo(0x7000);
        assertThat(event.word(3)).isEqualTo(0x4000_5048L);
        apply(PhysicalEventPolicy.REWALK, 0x0B, TT, 0x7000, 0, 8, false);
        assertThat(tables.asked).as("without an address, the fetch that aborts").isEqualTo("tt 8 ffffffff 7000 0 0");
    }

    @Test
    void pageOfAStage2FaultIsRefinedToTheDescriptorIfTheTablesKnowIt() {
        tables.fetch = 0x3F_0000_1128L;
        apply(PhysicalEventPolicy.REWALK, 0x10, S2 | TT, 0x7000, 0x3F_0000_1000L, 8, false);
        assertThat(tables.asked).isEqualTo("tt 8 ffffffff 7000 3f00001000 fffffffffff000");
        assertThat(event.word(3)).isEqualTo(0x3F_0000_1128L);
        apply(PhysicalEventPolicy.AS_REPORTED, 0x10, S2 | TT, 0x7000, 0x3F_0000_1000L, 8, false);
        assertThat(event.word(3)).isEqualTo(0x3F_0000_1000L);
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x05, 0x07 })
    void liveAtsEventIsTheHostsIfTheGuestAllowsTheStreamAts(final long type) {
        tables.refusesAts = false;
        assertThat(apply(PhysicalEventPolicy.REWALK, type, 0, 0, 0, 8, true))
                .isEqualTo(FaultDisposition.HOST_CONFIGURATION);
        assertThat(apply(PhysicalEventPolicy.AS_REPORTED, type, 0, 0, 0, 8, true))
                .isEqualTo(FaultDisposition.DELIVERED);
    }

    @Test
    void asReportedKeepsEveryBitButTheStreamId() {
        final long w0 = 0xFFFF_FFFF_FFFF_FF10L;
        final long w1 = ~S2;
        apply(PhysicalEventPolicy.AS_REPORTED, w0, w1, -1L, -1L, 0xABCD, true);
        assertThat(event.word(0)).isEqualTo(0x0000_ABCD_FFFF_FF10L);
        assertThat(event.word(1)).isEqualTo(w1);
        assertThat(event.word(2)).isEqualTo(-1L);
        assertThat(event.word(3)).isEqualTo(-1L);
    }

    @Test
    void liveKeepsOnlyWhatTheGuestMaySeeOfATranslationFault() {
        apply(PhysicalEventPolicy.REWALK, 0x9999_0000_ABCD_EF10L | 1L << 11, ~S2 & ~(1L << 31), -1L, -1L, 8, true);
        assertThat(event.word(0)).as("SSV and SubstreamID stay, reserved bits go").isEqualTo(0x0000_0008_ABCD_E810L);
        assertThat(event.word(1)).as("PnU InD RnW CLASS").isEqualTo(0x0000_030E_0000_0000L);
        assertThat(event.word(2)).isEqualTo(-1L);
        assertThat(event.word(3)).isZero();
    }

    @Test
    void liveKeepsStallAndItsTag() {
        apply(PhysicalEventPolicy.REWALK, 0x10, IN | 1L << 31 | 0x1234, 0, 0, 8, true);
        assertThat(event.word(1)).isEqualTo(IN | 1L << 31 | 0x1234);
    }

    @Test
    void liveStreamDisabledAndTranslatedForbiddenNameTheStreamAlone() {
        apply(PhysicalEventPolicy.REWALK, 0x0000_1234_ABCD_E806L, 0, 0, 0, 8, true);
        assertThat(event.word(0)).isEqualTo(0x0000_0008_0000_0006L);
        apply(PhysicalEventPolicy.REWALK, 0x0000_1234_ABCD_E808L, 0, 0, 0, 8, true);
        assertThat(event.word(0)).as("a SubstreamID without SSV").isEqualTo(0x0000_0008_ABCD_E008L);
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x04, 0x06, 0x0A })
    void liveClearsWhatConfigurationErrorsDoNotHave(final long type) {
        apply(PhysicalEventPolicy.REWALK, 0x0000_1234_0005_5000L | type, -1L & ~S2, -1L, -1L, 8, true);
        assertThat(event.word(0)).as("no SSV, so no SubstreamID").isEqualTo(0x0000_0008_0000_0000L | type);
        assertThat(event.word(1)).isZero();
        assertThat(event.word(2)).isZero();
        assertThat(event.word(3)).isZero();
    }

    @Test
    void badSubstreamIdKeepsTheSubstreamWithoutSsv() {
        apply(PhysicalEventPolicy.REWALK, 0x0000_1234_0005_5008L, 0, 0, 0, 8, true);
        assertThat(event.word(0)).isEqualTo(0x0000_0008_0005_5008L);
    }

    @Test
    void liveTlbConflictLosesTheReasonAndTheIpa() {
        apply(PhysicalEventPolicy.REWALK, 0x20, 0xFFFF | 1L << 35, 0x1000, -1L, 8, true);
        assertThat(event.word(1)).isEqualTo(1L << 35);
        assertThat(event.word(2)).isEqualTo(0x1000);
        assertThat(event.word(3)).isZero();
    }

    @Test
    void liveAtsRequestKeepsItsOwnFields() {
        apply(PhysicalEventPolicy.REWALK, 0x05, -1L & ~S2, -1L, -1L, 8, true);
        assertThat(event.word(1)).isEqualTo(0xF000_000FL);
        assertThat(event.word(2)).isEqualTo(~0xFFFL);
        assertThat(event.word(3)).isZero();
    }
}
