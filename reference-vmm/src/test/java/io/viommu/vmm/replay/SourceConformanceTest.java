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
package io.viommu.vmm.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.bridge.iommufd.FaultQueueSource;
import io.viommu.bridge.iommufd.VeventQueueSource;
import io.viommu.vmm.vfiouser.DoorGuest;

/**
 * The same fault through every kind of source: the guest must fetch the same bytes. Where a source can't carry all of
 * it, the table in docs/bridge.md says what is missing; this test computes that table.
 */
class SourceConformanceTest {

    /** Parts of an event that a source may not know, with the word and the bits they stand in. */
    private enum Part {
        SUBSTREAM("SubstreamID", 0, 0xFFFF_F800L), TAG("STAG", 1, 0xFFFF), STALL("Stall", 1, 1L << 31), ACCESS("access",
                1, 7L << 33), CLASS("CLASS", 1, 3L << 40), ADDRESS("address", 2, -1), FETCH("FetchAddr", 3,
                        -1);

        private final String text;
        private final int word;
        private final long mask;

        Part(final String text, final int word, final long mask) {
            this.text = text;
            this.word = word;
            this.mask = mask;
        }
    }

    /** What a guest sees of a scenario through a source. */
    private static String cell(final FaultScenario scenario, final ScenarioSource kind) {
        try (GuestView guest = kind.deliver(scenario)) {
            if (guest == null) {
                return "–";
            }
            final List<Long> seen = scenario.request() ? guest.requests() : guest.events();
            final List<Long> other = scenario.request() ? guest.events() : guest.requests();
            assertThat(other).as("nothing appears in the other queue").isEmpty();
            if (seen.equals(scenario.guest())) {
                return seen.isEmpty() ? "host's" : "same";
            }
            if (kind == ScenarioSource.LOG && seen.equals(scenario.reported())) {
                return "as reported";
            }
            return seen.isEmpty() ? "kept from the guest" : difference(scenario.guest(), seen);
        }
    }

    private static String difference(final List<Long> expected, final List<Long> seen) {
        assertThat(seen).as("one record").hasSameSizeAs(expected);
        final StringJoiner parts = new StringJoiner(", ", "without ", "");
        final long[] left = new long[4];
        for (int i = 0; i < seen.size(); i++) {
            left[i] = expected.get(i) ^ seen.get(i);
        }
        for (final Part part : Part.values()) {
            if ((left[part.word] & part.mask) != 0) {
                parts.add(part.text);
                left[part.word] &= ~part.mask;
            }
        }
        assertThat(left).as("differs in what no part has: %s, %s", hex(expected), hex(seen)).containsOnly(0);
        return parts.toString();
    }

    private static String hex(final List<Long> words) {
        return words.stream().map(Long::toHexString).collect(Collectors.joining(" "));
    }

    @Test
    void theGuestSeesTheSameBytesWhereTheTableInTheDocumentationSaysSo() {
        final Map<String, ScenarioSource> sources = new LinkedHashMap<>();
        for (final ScenarioSource source : ScenarioSource.values()) {
            sources.put(source.column(), source);
        }
        assertThat(BridgePage.table("fault of an SMMUv3", FaultScenario.all().map(FaultScenario::name).toList(),
                List.copyOf(sources.keySet()), (row, column) -> cell(scenario(row), sources.get(column))))
                .isEqualTo(BridgePage.table("fault of an SMMUv3"));
    }

    @Test
    void everyFaultOfTheGuestHasASourceOfTodaysKernelOrOfOurs() {
        assertThat(FaultScenario.all())
                .allSatisfy(scenario -> assertThat(cell(scenario, ScenarioSource.EXTENDED_REGION))
                        .isEqualTo(scenario.guest().isEmpty() ? "host's" : "same"));
    }

    @ParameterizedTest(name = "CMD_RESUME with Ac, Ab = {0} answers {1}")
    @CsvSource({ "0, 1", "1, 0", "2, 1" })
    void theGuestsResumeReachesTheKernelThatStalled(final long response, final long code) {
        final FaultScenario scenario = scenario("stalled read");
        final KernelBytes file = ScenarioSource.pageFault(scenario);
        try (ConformanceGuest<SmmuView> guest = ConformanceGuest.smmu(Map.of("stall", "on"));
                FaultQueueSource source = ScenarioSource.faultQueue(scenario, file)) {
            guest.route(ScenarioSource.SOURCE, FaultScenario.DEVICE_ID);
            guest.host.add(ScenarioSource.SOURCE, source);
            guest.take(source);
            final long tag = guest.events().get(1) & 0xFFFF;
            final long resume = 0x44 | response << 12 | (long) FaultScenario.GUEST_STREAM << 32;
            guest.view.command(resume, tag);
            guest.view.command(resume, tag);
            assertThat(file.written).as("once, by cookie 1").containsExactly(1 | code << 32);
            assertThat(source.openGroups()).isZero();
        }
    }

    @Test
    void theGuestsResumeReachesWhoeverStoodBehindTheDoor() {
        try (DoorGuest door = new DoorGuest("smmuv3", Map.of("stall", "on"), ConformanceGuest.RAM,
                ConformanceGuest.RAM_SIZE)) {
            final SmmuView view = new SmmuView(door, door.ram(), ConformanceGuest.RAM);
            assertThat(door.say("fault sid=0x1742 event=0x10 stall=1 stag=0x33 perm=r iova=0x5000"))
                    .isEqualTo("OK delivered=1");
            view.command(0x44 | 1 << 12 | (long) FaultScenario.GUEST_STREAM << 32, view.events().get(1) & 0xFFFF);
            assertThat(door.say("answers")).isEqualTo("OK 0x1742/0x33=success");
        }
    }

    @ParameterizedTest(name = "CMD_PRI_RESP with Resp = {0} answers {1}")
    @CsvSource({ "0, 1", "1, 1", "2, 0" })
    void theGuestsPageResponseReachesTheKernelThatAsked(final long response, final long code) {
        final FaultScenario scenario = scenario("page request");
        final KernelBytes file = ScenarioSource.pageFault(scenario);
        try (ConformanceGuest<SmmuView> guest = ConformanceGuest.smmu(Map.of());
                FaultQueueSource source = ScenarioSource.faultQueue(scenario, file)) {
            guest.route(ScenarioSource.SOURCE, FaultScenario.DEVICE_ID);
            guest.host.add(ScenarioSource.SOURCE, source);
            guest.take(source);
            final long index = guest.requests().get(1) & 0x1FF;
            guest.view.command(0x41 | (long) FaultScenario.GUEST_STREAM << 32, index | response << 12);
            assertThat(file.written).containsExactly(1 | code << 32);
        }
    }

    @Test
    void aFaultWithoutARouteIsAnsweredAndSeenByNobody() {
        for (final String name : List.of("stalled read", "page request")) {
            final FaultScenario scenario = scenario(name);
            final KernelBytes file = ScenarioSource.pageFault(scenario);
            try (ConformanceGuest<SmmuView> guest = ConformanceGuest.smmu(Map.of());
                    FaultQueueSource source = ScenarioSource.faultQueue(scenario, file)) {
                guest.host.add(ScenarioSource.SOURCE, source);
                assertThat(guest.take(source)).isTrue();
                assertThat(guest.events()).isEmpty();
                assertThat(guest.requests()).isEmpty();
                assertThat(file.written).as(name).containsExactly(1 | 1L << 32);
            }
        }
    }

    @Test
    void whatTheHostLostBecomesAnOverflowIfThePolicySaysSo() {
        for (final boolean told : new boolean[]{ false, true }) {
            try (ConformanceGuest<SmmuView> guest = ConformanceGuest
                    .smmu(told ? Map.of("lost-events", "overflow") : Map.of())) {
                final VeventQueueSource source = new VeventQueueSource("events", ScenarioSource.SOURCE,
                        new KernelBytes().ints(1, 9));
                guest.route(ScenarioSource.SOURCE, VeventQueueSource.WHOLE_QUEUE);
                assertThat(guest.take(source)).isTrue();
                assertThat(source.lost()).isEqualTo(10);
                assertThat(guest.view.eventProd()).isEqualTo(told ? Integer.MIN_VALUE : 0);
            }
        }
    }

    private static FaultScenario scenario(final String name) {
        return FaultScenario.all().filter(scenario -> scenario.name().equals(name)).findFirst().orElseThrow();
    }
}
