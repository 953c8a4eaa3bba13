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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.iommufd.FakeFaultQueue.Answer;
import io.viommu.bridge.iommufd.nested.VtdPassthrough;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.fault.PageResponder;
import io.viommu.iommu.NestedRequesters;
import io.viommu.pipeline.FaultIngress;

/** The host's share of a VT-d unit, set up, used and taken apart. */
@Timeout(60)
class VtdPassthroughTest {

    private static final int REQUESTER = 0x0300;
    private static final int PASID = 0x55;
    private static final int LAST = 2;
    private static final int WITH_PASID = 1;

    private final FakeIommufd kernel = new FakeIommufd();
    private final FakeDevice device = new FakeDevice(kernel);
    private final Iommufd iommufd = Iommufd.open(kernel);
    private final VtdPassthrough vtd = new VtdPassthrough("vtd", iommufd.ioas().nestParent(device.id()), 1);
    private final FaultRouter router = new FaultRouter();
    private final RecordingPort guest = new RecordingPort();
    private final FaultIngress ingress = new FaultIngress("vtd", router, CounterFile.inMemory(),
            new UnroutedAnswers(vtd.host(), FaultObserver.NONE));

    private void install() {
        final NestedRequesters requesters = vtd.host().requesters();
        assertThat(requesters.install(REQUESTER, FaultSink.NO_PASID, 0x1000, 48, 0)).isTrue();
        assertThat(requesters.install(REQUESTER, PASID, 0x2000, 48, 0)).isTrue();
    }

    private void request(final int group) {
        kernel.pageRequest(device.id(), LAST | WITH_PASID, PASID, group, 1, 0x1000);
    }

    @Test
    void requestsGoToTheGuestAndItsAnswersBackAndATeardownAnswersTheRest() throws Exception {
        try (FaultReader reader = new FaultReader("vtd", ingress, ReaderSettings.DEFAULT, source -> {
        })) {
            vtd.add(REQUESTER, device, true);
            vtd.start(reader, router, guest);
            install();
            reader.start();
            request(1);
            request(2);
            request(3);
            guest.await(3);
            assertThat(guest.devices).containsOnly(REQUESTER);
            vtd.host().respond(1, guest.cookies.get(0), PageResponder.SUCCESS);
            vtd.host().respond(1, guest.cookies.get(1), PageResponder.FAILURE);
            vtd.close();
            assertThat(vtd.requests().openGroups()).isZero();
            final FakeFaultQueue queue = kernel.queue(vtd.queue());
            assertThat(queue.answers).containsExactly(new Answer(device.id(), 1, 0, false),
                    new Answer(device.id(), 2, 1, false), new Answer(device.id(), 3, 1, true));
        }
        iommufd.close();
        assertThat(kernel.objects()).as("the device").isEqualTo(1);
    }

    @Test
    void anUnpluggedDeviceIsForgottenAndAResetBlocksTheOthers() throws Exception {
        try (FaultReader reader = new FaultReader("vtd", ingress, ReaderSettings.DEFAULT, source -> {
        })) {
            final FakeDevice other = new FakeDevice(kernel);
            vtd.add(REQUESTER, device, true);
            vtd.start(reader, router, guest);
            vtd.add(REQUESTER + 8, other, false);
            install();
            vtd.host().requesters().install(REQUESTER + 8, FaultSink.NO_PASID, 0x1000, 48, 0);
            request(1);
            vtd.remove(REQUESTER);
            vtd.remove(REQUESTER);
            assertThat(kernel.table(device.id(), PASID)).isZero();
            kernel.pageRequest(other.id(), LAST, 0, 2, 1, 0x1000);
            reader.start();
            guest.await(1);
            assertThat(guest.devices).containsExactly(REQUESTER + 8);
            assertThat(ingress.account().count(FaultDisposition.NO_ROUTE)).isZero();
            vtd.reset();
            assertThat(other.table()).isZero();
            assertThat(vtd.requests().openGroups()).isZero();
            vtd.close();
        }
    }
}
