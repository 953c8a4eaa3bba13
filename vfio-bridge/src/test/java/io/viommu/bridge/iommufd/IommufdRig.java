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

/** A kernel to test against: the fake one, or a real one with a mock IOMMU. */
public interface IommufdRig {

    /** The kernel, whose devices are behind an SMMUv3. */
    IommufdKernel kernel();

    /** Makes a device that can ask for pages, with its DMA in an address space. */
    Device device(Ioas ioas);

    /** A device whose faults can be raised. */
    interface Device extends BoundDevice, AutoCloseable {

        /** Stalls, or asks for a page: a group of one request; with a PASID unless it is -1. */
        void fault(int pasid, int group, int permissions, long address);

        /** Has an event recorded that is not recoverable. */
        void event();

        /** Takes the device away; nothing of it may be attached by then but an address space. */
        @Override
        void close();
    }

    /** The kernel of the default tests. */
    static IommufdRig fake() {
        return new FakeRig();
    }

    /** The kernel beneath, which must be built with CONFIG_IOMMUFD_TEST. */
    static IommufdRig mock() {
        return new MockRig();
    }
}
