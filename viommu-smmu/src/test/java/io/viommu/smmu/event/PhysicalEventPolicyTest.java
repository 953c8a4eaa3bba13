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

package io.viommu.smmu.event;

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

    @ParameterizedTest
    @CsvSource({ "0x01,HOST_EVENT", "0x02,HOST_CONFIGURATION", "0x03,HOST_CONFIGURATION", "0x21,HOST_CONFIGURATION",
        "0x24,HOST_EVENT", "0x25,HOST_CONFIGURATION", "0xe0,HOST_EVENT", "0xef,HOST_EVENT", "0x00,HOST_EVENT",
        "0x0c,HOST_EVENT", "0x14,HOST_EVENT", "0xff,HOST_EVENT" })
    void hostEventsAreKeptUnderBothPolicies(final String type, final FaultDisposition why) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(policy.apply(Long.decode(type), 0, 0, 0, 8, true, event)).isEqualTo(why);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x04, 0x06, 0x08, 0x0A, 0x10, 0x11, 0x12, 0x13, 0x20 })
    void stage1EventsArePassedUnderBothPolicies(final long type) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(policy.apply(0x1234_0000_0000L << 4 | type, IN, 0x5000, 0, 8, false, event))
                    .isEqualTo(FaultDisposition.DELIVERED);
            assertThat(event.word(0) >>> 32).isEqualTo(8);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x05, 0x07 })
    void atsEventsArePassedOnlyToAGuestThatIsOfferedAts(final long type) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(policy.apply(type, 0, 0, 0, 8, true, event)).isEqualTo(FaultDisposition.DELIVERED);
            assertThat(policy.apply(type, 0, 0, 0, 8, false, event)).isEqualTo(FaultDisposition.HOST_CONFIGURATION);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x10, 0x11, 0x12, 0x13 })
    void stage2FaultOfTheInputAddressIsTheHosts(final long type) {
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(policy.apply(type, S2 | IN, 0x1000, 0x2000, 8, true, event))
                    .isEqualTo(FaultDisposition.HOST_STAGE_2);
            assertThat(policy.apply(type, S2 | 3L << 40, 0x1000, 0x2000, 8, true, event))
                    .as("reserved class").isEqualTo(FaultDisposition.HOST_STAGE_2);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x10, 0x11, 0x12, 0x13 })
    void stage2FaultOfTheGuestsWalkBecomesAWalkAbortAtTheIpa(final long type) {
        final long access = 1L << 33 | 1L << 34 | 1L << 35;
        for (final PhysicalEventPolicy policy : PhysicalEventPolicy.values()) {
            assertThat(policy.apply(0x0000_1234_0005_5800L | type, S2 | TT | access | 1L << 44 | 0xBEEFL << 48 | 0x77,
                    0xFFFF_8000_1234_5678L, 0x0000_003F_0000_1000L, 8, false, event))
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
                    policy.apply(0x0000_1234_0000_0000L | type, S2 | 1L << 35, 0x1000, 0x0000_003F_0000_2000L, 8, false,
                            event))
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
            assertThat(policy.apply(0x0B, S2 | TT, 0, 0, 8, true, event)).isEqualTo(FaultDisposition.HOST_STAGE_2);
        }
    }

    @Test
    void conflictInStage2IsTheHosts() {
        assertThat(PhysicalEventPolicy.LIVE.apply(0x20, S2, 0, 0, 8, true, event))
                .isEqualTo(FaultDisposition.HOST_STAGE_2);
    }

    @Test
    void fetchAddressOfTheHostIsNotShownLiveButALogIsPassedAsItIs() {
        assertThat(PhysicalEventPolicy.LIVE.apply(0x09, 0, 0, 0x8_0000_0000L, 8, true, event))
                .isEqualTo(FaultDisposition.HOST_CONFIGURATION);
        assertThat(PhysicalEventPolicy.LIVE.apply(0x0B, TT, 0, 0x8_0000_0000L, 8, true, event))
                .isEqualTo(FaultDisposition.HOST_EVENT);
        assertThat(PhysicalEventPolicy.AS_REPORTED.apply(0x0B, TT | 5, 6, 0x8_0000_0000L, 8, true, event))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(event.word(3)).isEqualTo(0x8_0000_0000L);
    }

    @Test
    void asReportedKeepsEveryBitButTheStreamId() {
        final long w0 = 0xFFFF_FFFF_FFFF_FF10L;
        final long w1 = ~S2;
        PhysicalEventPolicy.AS_REPORTED.apply(w0, w1, -1L, -1L, 0xABCD, true, event);
        assertThat(event.word(0)).isEqualTo(0x0000_ABCD_FFFF_FF10L);
        assertThat(event.word(1)).isEqualTo(w1);
        assertThat(event.word(2)).isEqualTo(-1L);
        assertThat(event.word(3)).isEqualTo(-1L);
    }

    @Test
    void liveKeepsOnlyWhatTheGuestMaySeeOfATranslationFault() {
        PhysicalEventPolicy.LIVE.apply(0x9999_0000_ABCD_EF10L | 1L << 11, ~S2 & ~(1L << 31), -1L, -1L, 8, true, event);
        assertThat(event.word(0)).as("SSV and SubstreamID stay, reserved bits go").isEqualTo(0x0000_0008_ABCD_E810L);
        assertThat(event.word(1)).as("PnU InD RnW CLASS").isEqualTo(0x0000_030E_0000_0000L);
        assertThat(event.word(2)).isEqualTo(-1L);
        assertThat(event.word(3)).isZero();
    }

    @Test
    void liveKeepsStallAndItsTag() {
        PhysicalEventPolicy.LIVE.apply(0x10, IN | 1L << 31 | 0x1234, 0, 0, 8, true, event);
        assertThat(event.word(1)).isEqualTo(IN | 1L << 31 | 0x1234);
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x04, 0x06, 0x0A })
    void liveClearsWhatConfigurationErrorsDoNotHave(final long type) {
        PhysicalEventPolicy.LIVE.apply(0x0000_1234_0005_5000L | type, -1L & ~S2, -1L, -1L, 8, true, event);
        assertThat(event.word(0)).as("no SSV, so no SubstreamID").isEqualTo(0x0000_0008_0000_0000L | type);
        assertThat(event.word(1)).isZero();
        assertThat(event.word(2)).isZero();
        assertThat(event.word(3)).isZero();
    }

    @Test
    void badSubstreamIdKeepsTheSubstreamWithoutSsv() {
        PhysicalEventPolicy.LIVE.apply(0x0000_1234_0005_5008L, 0, 0, 0, 8, true, event);
        assertThat(event.word(0)).isEqualTo(0x0000_0008_0005_5008L);
    }

    @Test
    void liveTlbConflictLosesTheReasonAndTheIpa() {
        PhysicalEventPolicy.LIVE.apply(0x20, 0xFFFF | 1L << 35, 0x1000, -1L, 8, true, event);
        assertThat(event.word(1)).isEqualTo(1L << 35);
        assertThat(event.word(2)).isEqualTo(0x1000);
        assertThat(event.word(3)).isZero();
    }

    @Test
    void liveAtsRequestKeepsItsOwnFields() {
        PhysicalEventPolicy.LIVE.apply(0x05, -1L & ~S2, -1L, -1L, 8, true, event);
        assertThat(event.word(1)).isEqualTo(0xF000_000FL);
        assertThat(event.word(2)).isEqualTo(~0xFFFL);
        assertThat(event.word(3)).isZero();
    }
}
