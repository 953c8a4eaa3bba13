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
package io.viommu.vmm.fuzz;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;

import org.agrona.DirectBuffer;

import io.viommu.iommu.HostIommu;
import io.viommu.iommu.NestedRequesters;
import io.viommu.iommu.NestedStreams;

/**
 * A host whose hardware serves every other device, refuses entries and invalidations now and then, is late, and loses
 * devices' confirmations. Every recoverable fault must be answered once at most.
 */
final class ChaosHost implements HostIommu, NestedStreams, NestedRequesters {

    private static final int DEVICES = 16;

    private final ChaosRandom random;
    private final Set<Long> answered = ConcurrentHashMap.newKeySet();
    private final ThreadLocal<Boolean> late = ThreadLocal.withInitial(() -> false);

    ChaosHost(final ChaosRandom random) {
        this.random = random;
    }

    int answers() {
        return answered.size();
    }

    private boolean fails() {
        final RandomGenerator choice = random.get();
        if (choice.nextInt(64) == 0) {
            LockSupport.parkNanos(50_000);
        }
        return choice.nextInt(8) == 0;
    }

    @Override
    public void respond(final int source, final long cookie, final int code) {
        if (!answered.add(cookie)) {
            throw new AssertionError("cookie " + cookie + " was answered twice");
        }
    }

    @Override
    public NestedStreams streams() {
        return this;
    }

    @Override
    public NestedRequesters requesters() {
        return this;
    }

    @Override
    public boolean owns(final int device) {
        return device >= 0 && device < DEVICES && device % 2 == 1;
    }

    @Override
    public boolean install(final int streamId, final long word0, final long word1) {
        return owns(streamId) && !fails();
    }

    @Override
    public int invalidate(final DirectBuffer commands, final int offset, final int count) {
        final boolean refused = fails();
        late.set(refused && random.get().nextBoolean());
        return refused ? random.get().nextInt(count) : count;
    }

    @Override
    public boolean timedOut() {
        return late.get();
    }

    @Override
    public boolean install(final int requester, final int pasid, final long table, final int width, final long flags) {
        return owns(requester) && !fails();
    }

    @Override
    public void remove(final int requester, final int pasid) {
        fails();
    }

    @Override
    public boolean invalidate(final int requester, final int pasid, final long address, final long pages,
            final boolean leafOnly) {
        return !fails();
    }

    @Override
    public void settle() {
        fails();
    }

    @Override
    public void forEach(final IntConsumer action) {
        for (int device = 1; device < DEVICES; device += 2) {
            action.accept(device);
        }
    }
}
