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
package io.viommu.iommu;

import io.viommu.fault.PageResponder;

/**
 * The hardware behind a vIOMMU, for passed-through devices: the way answers go back, and in accelerated mode the way to
 * the hardware that walks the guest's tables itself.
 */
public interface HostIommu extends PageResponder {

    /** No hardware: every device is emulated, and nothing waits for an answer. */
    HostIommu NONE = (source, cookie, code) -> {
    };

    /**
     * The streams that an SMMUv3 of the host walks the guest's tables for.
     *
     * @return {@link NestedStreams#NONE} unless there are some.
     */
    default NestedStreams streams() {
        return NestedStreams.NONE;
    }

    /**
     * The requesters that a VT-d unit of the host walks the guest's tables for.
     *
     * @return {@link NestedRequesters#NONE} unless there are some.
     */
    default NestedRequesters requesters() {
        return NestedRequesters.NONE;
    }
}
