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

import io.viommu.bridge.uapi.IommufdQueues.PgfaultLayout;
import io.viommu.fault.FaultSink;

/** The fake kernel. */
final class FakeRig implements IommufdRig {

    private final FakeIommufd kernel = new FakeIommufd();

    FakeRig() {
        kernel.hardware().set(0xFEED_BEEF, 20, 9, new byte[8]);
    }

    @Override
    public IommufdKernel kernel() {
        return kernel;
    }

    @Override
    public Device device(final Ioas ioas) {
        final FakeDevice device = new FakeDevice(kernel);
        device.attach(ioas.id());
        return new Device() {
            @Override
            public int id() {
                return device.id();
            }

            @Override
            public void attach(final int table) {
                device.attach(table);
            }

            @Override
            public void detach() {
                device.attach(ioas.id()); // as the mock does, which can't block
            }

            @Override
            public void attachPasid(final int pasid, final int table) {
                device.attachPasid(pasid, table);
            }

            @Override
            public void detachPasid(final int pasid) {
                device.detachPasid(pasid);
            }

            @Override
            public void fault(final int pasid, final int group, final int permissions, final long address) {
                final boolean has = pasid != FaultSink.NO_PASID;
                kernel.pageRequest(device.id(),
                        PgfaultLayout.FLAG_LAST_PAGE | (has ? PgfaultLayout.FLAG_PASID_VALID : 0), has ? pasid : 0,
                        group, permissions, address);
            }

            @Override
            public void event() {
                kernel.event(device.id(), MockEvents.TYPE, MockEvents.ACCESS, MockEvents.ADDRESS, 0);
            }

            @Override
            public void close() {
                kernel.unbind(device.id());
            }
        };
    }
}
