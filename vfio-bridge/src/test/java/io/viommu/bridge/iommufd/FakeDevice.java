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

import io.viommu.bridge.iommufd.nested.BoundDevice;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.fault.FaultSink;

/** A device bound to the fake kernel. */
public final class FakeDevice implements BoundDevice {

    private final FakeIommufd kernel;
    private final int id;

    /** Binds one more device. */
    public FakeDevice(final FakeIommufd kernel) {
        this.kernel = kernel;
        this.id = kernel.device();
    }

    @Override
    public int id() {
        return id;
    }

    /** Id of the table that it is attached to, 0 if none. */
    int table() {
        return kernel.table(id, FaultSink.NO_PASID);
    }

    @Override
    public void attach(final int table) {
        attachPasid(FaultSink.NO_PASID, table);
    }

    @Override
    public void detach() {
        kernel.detach(id);
    }

    @Override
    public void attachPasid(final int pasid, final int table) {
        final int result = kernel.attach(id, pasid, table);
        if (result < 0) {
            throw new LinuxException("attach device " + id + " to table " + table, -result);
        }
    }

    @Override
    public void detachPasid(final int pasid) {
        kernel.detach(id, pasid);
    }
}
