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
package io.viommu.vmm.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.bridge.iommufd.FakeHardware;
import io.viommu.bridge.iommufd.FakeHardware.Invalidation;
import io.viommu.bridge.iommufd.FakeIommufd;
import io.viommu.bridge.iommufd.IommufdRig;
import io.viommu.fault.FaultSink;

/** The VT-d road over the fake kernel, where the hardware can be looked at. */
class FakeVtdRoadTest extends VtdRoad {

    /** Ids by the order of their making; a device of the rig rests on the address space when it is detached. */
    private static final int IOAS = 1;
    private static final int DEVICE = 2;

    private final FakeIommufd kernel;

    FakeVtdRoadTest() {
        super(IommufdRig.fake());
        kernel = (FakeIommufd) rig.kernel();
    }

    private int table(final int pasid) {
        return kernel.table(DEVICE, pasid);
    }

    private void blocked() {
        assertThat(table(PASID)).isZero();
        assertThat(table(FaultSink.NO_PASID)).isEqualTo(IOAS);
    }

    @Test
    void theGuestsEntriesAttachReplaceAndDetach() throws Exception {
        final int plain = table(FaultSink.NO_PASID);
        assertThat(plain).as("installed when translation was switched on").isNotZero();
        guest.pasid(PASID, 1).pasidChanged(PASID);
        final int first = table(PASID);
        assertThat(first).isNotIn(0, plain);
        final int objects = kernel.objects();
        guest.pasidChanged(PASID);
        assertThat(table(PASID)).as("nothing has changed").isEqualTo(first);
        guest.pasid(PASID, 2).pasidChanged(PASID);
        assertThat(table(PASID)).isNotIn(0, first);
        assertThat(kernel.objects()).as("the old table is destroyed").isEqualTo(objects);
        assertThat(table(FaultSink.NO_PASID)).isEqualTo(plain);
        guest.clear(PASID).pasidChanged(PASID);
        assertThat(table(PASID)).isZero();
        assertThat(kernel.objects()).isEqualTo(objects - 1);
    }

    @Test
    void aContextEntryThatGoesDetachesAll() throws Exception {
        guest.pasid(PASID, 1).pasidChanged(PASID);
        guest.clearContext(REQUESTER).contextChanged(REQUESTER);
        blocked();
    }

    @Test
    void switchingTranslationOffDetachesAll() throws Exception {
        guest.pasid(PASID, 1).pasidChanged(PASID);
        guest.shutDown();
        blocked();
    }

    @Test
    void invalidationsAreOneBatchForEachTableAndPartialCompletionIsMadeUpFor() throws Exception {
        final FakeHardware hardware = kernel.hardware();
        guest.pasid(PASID, 1).pasidChanged(PASID);
        hardware.batches.clear();
        hardware.invalidations.clear();
        for (int i = 0; i < 5; i++) {
            guest.invalidate(PASID, i << 12, 0, true);
        }
        assertThat(hardware.batches).as("no wait, no need").isEmpty();
        hardware.refused.add(0x3000L);
        guest.submit(5 | 1 << 5 | 0x77L << 32, 0x0100_7000L);
        assertThat(hardware.batches).containsExactly(5, 1);
        assertThat(hardware.invalidations).containsExactly(new Invalidation(0, 1, 1), new Invalidation(0x1000, 1, 1),
                new Invalidation(0x2000, 1, 1), new Invalidation(0, -1, 0));
    }
}
