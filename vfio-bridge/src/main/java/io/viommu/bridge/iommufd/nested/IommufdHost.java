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
package io.viommu.bridge.iommufd.nested;

import java.util.concurrent.atomic.AtomicReferenceArray;

import io.viommu.bridge.iommufd.FaultQueueSource;
import io.viommu.fault.PageResponder;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.NestedRequesters;
import io.viommu.iommu.NestedStreams;

/**
 * The hardware behind a vIOMMU, as iommufd shows it: takes each answer to the source that the fault came from. Answers
 * to a source that is gone are dropped: the kernel gave them when its queue was destroyed.
 */
public final class IommufdHost implements HostIommu {

    private static final int SOURCES = 1 << 16;

    private final AtomicReferenceArray<PageResponder> responders = new AtomicReferenceArray<>(SOURCES);

    private final NestedStreams streams;
    private final NestedRequesters requesters;

    /** Makes a host that takes answers only. */
    public IommufdHost() {
        this(NestedStreams.NONE, NestedRequesters.NONE);
    }

    /**
     * Makes a host for a virtual SMMUv3.
     *
     * @param streams what hardware walks the guest's tables for.
     */
    public IommufdHost(final NestedStreams streams) {
        this(streams, NestedRequesters.NONE);
    }

    /**
     * Makes a host for a virtual VT-d unit.
     *
     * @param requesters what hardware walks the guest's tables for.
     */
    public IommufdHost(final NestedRequesters requesters) {
        this(NestedStreams.NONE, requesters);
    }

    private IommufdHost(final NestedStreams streams, final NestedRequesters requesters) {
        this.streams = streams;
        this.requesters = requesters;
    }

    @Override
    public NestedStreams streams() {
        return streams;
    }

    @Override
    public NestedRequesters requesters() {
        return requesters;
    }

    /**
     * Adds a source that takes answers, or replaces it. By any thread.
     *
     * @param source number of the source, 0 to 65535.
     * @param responder such as a {@link FaultQueueSource}.
     */
    public void add(final int source, final PageResponder responder) {
        responders.set(source, responder);
    }

    /**
     * Removes a source. By any thread.
     *
     * @param source number of the source, 0 to 65535.
     */
    public void remove(final int source) {
        responders.set(source, null);
    }

    @Override
    public void respond(final int source, final long cookie, final int code) {
        final PageResponder responder = responders.get(source & SOURCES - 1);
        if (responder != null) {
            responder.respond(source, cookie, code);
        }
    }
}
