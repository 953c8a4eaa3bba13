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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;

import org.junit.jupiter.api.Test;

import io.viommu.bridge.iommufd.FakeFaultQueue.Answer;
import io.viommu.bridge.iommufd.FakeHardware.Invalidation;
import io.viommu.bridge.iommufd.nested.IommufdHost;
import io.viommu.bridge.iommufd.nested.IommufdRequesters;
import io.viommu.bridge.linux.Errno;
import io.viommu.fault.FaultSink;
import io.viommu.iommu.NestedRequesters;

/** PASID entries of a guest become attachments of the hardware. */
class IommufdRequestersTest {

    private static final int REQUESTER = 0x0300;
    private static final int PASID = 0x55;
    private static final int NO_PASID = FaultSink.NO_PASID;
    /** Entries that go to the kernel in one call at most. */
    private static final int BATCH = 128;

    private final FakeIommufd kernel = new FakeIommufd();
    private final FakeDevice device = new FakeDevice(kernel);
    private final Iommufd iommufd = Iommufd.open(kernel);
    private final NestParent parent = iommufd.ioas().nestParent(device.id());
    private final FaultQueue faults = iommufd.faultQueue();
    private final IommufdRequesters requesters = new IommufdRequesters(parent, faults);

    private int table(final int pasid) {
        return kernel.table(device.id(), pasid);
    }

    @Test
    void eachPasidHasATableOfItsOwn() {
        requesters.add(REQUESTER, device, true);
        assertThat(requesters.owns(REQUESTER)).isTrue();
        assertThat(requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0)).isTrue();
        assertThat(requesters.install(REQUESTER, PASID, 0x2000, 48, NestedRequesters.SUPERVISOR)).isTrue();
        assertThat(table(PASID)).isNotIn(0, table(NO_PASID));
        final int old = table(PASID);
        final int objects = kernel.objects();
        assertThat(requesters.install(REQUESTER, PASID, 0x3000, 48, 0)).isTrue();
        assertThat(table(PASID)).isNotEqualTo(old);
        assertThat(kernel.objects()).isEqualTo(objects);
        requesters.remove(REQUESTER, PASID);
        assertThat(table(PASID)).isZero();
        assertThat(kernel.objects()).isEqualTo(objects - 1);
    }

    @Test
    void aRefusedEntryBlocksThePasid() {
        requesters.add(REQUESTER, device, true);
        assertThat(requesters.install(REQUESTER, PASID, 0x2000, 48, 0)).as("the device itself is blocked yet")
                .isFalse();
        requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0);
        requesters.install(REQUESTER, PASID, 0x2000, 48, 0);
        final int objects = kernel.objects();
        kernel.refuseAttach(Errno.EBUSY);
        assertThat(requesters.install(REQUESTER, PASID, 0x3000, 48, 0)).isFalse();
        assertThat(table(PASID)).isZero();
        assertThat(kernel.objects()).isEqualTo(objects - 1);
        assertThat(requesters.install(REQUESTER + 1, NO_PASID, 0x1000, 48, 0)).as("nobody's").isFalse();
    }

    @Test
    void invalidationsReachTheTableOfThePasid() {
        requesters.add(REQUESTER, device, true);
        requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0);
        assertThat(requesters.invalidate(REQUESTER, NO_PASID, 0x7000, 3, true)).isTrue();
        assertThat(requesters.invalidate(REQUESTER, NO_PASID, 0, -1, false)).isTrue();
        assertThat(requesters.invalidate(REQUESTER, PASID, 0, -1, false)).as("nothing is there").isFalse();
        assertThat(requesters.invalidate(REQUESTER, NO_PASID, 0x7001, 1, false)).as("not a page").isFalse();
        assertThat(requesters.invalidate(REQUESTER, NO_PASID, 0x7000, 0, false)).as("no page").isFalse();
        assertThat(requesters.invalidate(REQUESTER, NO_PASID, 0x7000, -1, false)).as("all, and yet not").isFalse();
        requesters.settle();
        assertThat(kernel.hardware().invalidations).containsExactly(new Invalidation(0x7000, 3, 1),
                new Invalidation(0, -1, 0));
        requesters.settle();
        assertThat(kernel.hardware().batches).as("one request for both, and none for nothing").containsExactly(2);
    }

    private void invalidate(final int pages) {
        for (int i = 0; i < pages; i++) {
            requesters.invalidate(REQUESTER, NO_PASID, i << 12, 1, false);
        }
    }

    @Test
    void moreInvalidationsThanFitGoDownInSeveralBatches() {
        requesters.add(REQUESTER, device, true);
        requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0);
        requesters.install(REQUESTER, PASID, 0x2000, 48, 0);
        invalidate(2 * BATCH + 1);
        requesters.invalidate(REQUESTER, PASID, 0, -1, false);
        requesters.settle();
        assertThat(kernel.hardware().batches).containsExactlyInAnyOrder(BATCH, BATCH, 1, 1);
        assertThat(kernel.hardware().invalidations).hasSize(2 * BATCH + 2);
    }

    @Test
    void whatIsRefusedWithinABatchTakesTheWholeTableAlong() {
        requesters.add(REQUESTER, device, true);
        requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0);
        kernel.hardware().refused.add(0x2000L);
        invalidate(5);
        requesters.settle();
        assertThat(kernel.hardware().invalidations).as("two, then the kernel stopped").containsExactly(
                new Invalidation(0, 1, 0), new Invalidation(0x1000, 1, 0), new Invalidation(0, -1, 0));
        assertThat(table(NO_PASID)).isNotZero();
    }

    @Test
    void aPasidWhoseTranslationsTheHardwareKeepsIsBlocked() {
        requesters.add(REQUESTER, device, true);
        requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0);
        kernel.hardware().refused.addAll(List.of(0x2000L, 0L));
        requesters.invalidate(REQUESTER, NO_PASID, 0x2000, 1, false);
        requesters.settle();
        assertThat(table(NO_PASID)).isZero();
        assertThat(requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0)).as("the guest may try anew").isTrue();
    }

    @Test
    void whatWaitsForATableThatGoesIsDoneByItsGoing() {
        requesters.add(REQUESTER, device, true);
        requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0);
        invalidate(3);
        requesters.install(REQUESTER, NO_PASID, 0x2000, 48, 0);
        invalidate(1);
        requesters.remove(REQUESTER, NO_PASID);
        requesters.settle();
        assertThat(kernel.hardware().invalidations).isEmpty();
    }

    @Test
    void aPasidThatIsTakenAwayHasItsRequestsAnsweredAndTheOthersStay() {
        requesters.add(REQUESTER, device, true);
        requesters.install(REQUESTER, NO_PASID, 0x1000, 48, 0);
        requesters.install(REQUESTER, PASID, 0x2000, 48, 0);
        kernel.pageRequest(device.id(), 3, PASID, 1, 1, 0x1000);
        kernel.pageRequest(device.id(), 2, 0, 2, 1, 0x1000);
        requesters.remove(REQUESTER, PASID);
        assertThat(kernel.queue(faults).answers).containsExactly(new Answer(device.id(), 1, 1, true));
        requesters.remove(REQUESTER);
        assertThat(kernel.queue(faults).answers).hasSize(2);
        iommufd.close();
        assertThat(kernel.objects()).as("the device").isEqualTo(1);
    }

    @Test
    void aRequesterHasOneDevice() {
        requesters.add(REQUESTER, device, false);
        assertThatThrownBy(() -> requesters.add(REQUESTER, device, false))
                .hasMessage("The requester id 0x300 has a device already.");
        assertThat(new IommufdHost(requesters).requesters().owns(REQUESTER)).isTrue();
        assertThat(new IommufdHost().requesters().owns(REQUESTER)).isFalse();
    }
}
