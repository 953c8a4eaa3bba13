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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.bridge.iommufd.FaultQueueSource;

/**
 * The same fault of a VT-d unit through every kind of source: the guest must fetch the same bytes; this computes the
 * second table of docs/bridge.md.
 */
class VtdSourceConformanceTest {

    /** What a guest sees of a scenario through a source. */
    private static String cell(final VtdScenario scenario, final VtdScenarioSource kind) {
        try (GuestView guest = kind.deliver(scenario)) {
            if (guest == null) {
                return "–";
            }
            final List<Long> seen = scenario.request() ? guest.requests() : guest.events();
            final List<Long> other = scenario.request() ? guest.events() : guest.requests();
            assertThat(other).as("nothing appears where faults of the other kind do").isEmpty();
            if (seen.equals(scenario.guest())) {
                return seen.isEmpty() ? "host's" : "same";
            }
            if (kind == VtdScenarioSource.LOG && seen.equals(scenario.reported())) {
                return "as reported";
            }
            assertThat(seen).as("%s through %s, expected %s", scenario, kind.column(),
                    scenario.guest().stream().map(Long::toHexString).toList()).isEmpty();
            return "kept from the guest";
        }
    }

    @Test
    void theGuestSeesTheSameBytesWhereTheTableInTheDocumentationSaysSo() {
        final Map<String, VtdScenarioSource> sources = new LinkedHashMap<>();
        for (final VtdScenarioSource source : VtdScenarioSource.values()) {
            sources.put(source.column(), source);
        }
        assertThat(BridgePage.table("fault of a VT-d unit", VtdScenario.all().map(VtdScenario::name).toList(),
                List.copyOf(sources.keySet()), (row, column) -> cell(VtdScenario.of(row), sources.get(column))))
                .isEqualTo(BridgePage.table("fault of a VT-d unit"));
    }

    @ParameterizedTest(name = "page group response {0} answers {1}")
    @CsvSource({ "0, 0", "1, 1", "15, 1" })
    void theGuestsPageGroupResponseReachesTheKernelThatAsked(final int response, final long code) throws Exception {
        for (final String name : List.of("page request", "page request with a PASID")) {
            final KernelBytes file = VtdScenarioSource.pageFault(VtdScenario.of(name));
            try (ConformanceGuest<VtdView> guest = VtdScenarioSource.guest();
                    FaultQueueSource source = VtdScenarioSource.faultQueue(file)) {
                guest.route(VtdScenarioSource.SOURCE, VtdScenario.DEVICE_ID, VtdScenario.GUEST_DEVICE);
                guest.host.add(VtdScenarioSource.SOURCE, source);
                guest.take(source);
                guest.view.software.respond(guest.requests(), response);
                guest.view.software.respond(guest.requests(), response);
                assertThat(file.written).as("once, by cookie 1").containsExactly(1 | code << 32);
                assertThat(source.openGroups()).isZero();
            }
        }
    }

    @Test
    void aRequestWithoutARouteIsAnsweredAndSeenByNobody() {
        final KernelBytes file = VtdScenarioSource.pageFault(VtdScenario.of("page request"));
        try (ConformanceGuest<VtdView> guest = VtdScenarioSource.guest();
                FaultQueueSource source = VtdScenarioSource.faultQueue(file)) {
            guest.host.add(VtdScenarioSource.SOURCE, source);
            assertThat(guest.take(source)).isTrue();
            assertThat(guest.requests()).isEmpty();
            assertThat(file.written).containsExactly(1 | 1L << 32);
        }
    }
}
