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

package io.viommu.vmm.realguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

import io.viommu.bridge.log.LogAccess;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.VtdLogFault;
import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.fault.PhysicalOwner;

/** Linux's own VT-d driver drives our model in legacy mode: second-stage tables. */
class VtdGuestIT extends VtdScenarios {

    /** With an interrupt's status line and what follows the last record, no more than ten. */
    private static final int AT_ONCE = 6;

    VtdGuestIT() {
        super(GuestKind.X86_LEGACY, Map.of("intremap", "off", "fault-records", "32"));
    }

    @Override
    String unmapped() {
        return "05] PTE Write access is not set";
    }

    /** In these tables a page that isn't there is one that may be neither written nor read. */
    @Override
    String notToBeWritten() {
        return unmapped();
    }

    @Test
    @Order(7)
    void realFaultsShowTheSameWordsOnTheConsole() throws Exception {
        final List<VtdLogFault> faults = new ArrayList<>();
        for (final LogFault fault : RealFaults.of(LogFault.Kind.VTD_DMA_FAULT)) {
            final VtdLogFault vtd = (VtdLogFault) fault;
            if (FaultReason.of(vtd.reason().getAsInt()).owner() == PhysicalOwner.GUEST) {
                faults.add(vtd);
            }
        }
        for (int first = 0; first < faults.size(); first += AT_ONCE) {
            guest().letLimitPass();
            final int mark = guest().console().mark();
            final List<VtdLogFault> batch = faults.subList(first, Math.min(first + AT_ONCE, faults.size()));
            assertThat(guest().door("fault " + batch.stream().map(RealFaults::fields).collect(
                    Collectors.joining(" ; ")))).isEqualTo("delivered=" + batch.size());
            for (final VtdLogFault fault : batch) {
                final String words = words(fault);
                System.out.println(guest().await(mark, line -> line.contains(words), words));
            }
        }
        assertThat(faults).hasSizeGreaterThan(40);
    }

    /** As Linux 6 says it: bus, slot and function, the page, and the reason with the words of the log. */
    private static String words(final VtdLogFault fault) {
        final int device = fault.sourceId().getAsInt();
        final String pasid = fault.pasid().isPresent()
                ? "PASID 0x%x".formatted(fault.pasid().getAsInt())
                : "NO_PASID";
        return "[DMA %s %s] Request device [%02x:%02x.%d] fault addr 0x%x [fault reason 0x%02x] %s".formatted(
                fault.access() == LogAccess.READ ? "Read" : "Write", pasid, device >> 8, device >> 3 & 0x1F,
                device & 7, fault.info().getAsLong() & -4096, fault.reason().getAsInt(), fault.reasonText());
    }
}
