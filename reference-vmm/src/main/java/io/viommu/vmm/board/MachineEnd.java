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

package io.viommu.vmm.board;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** The end of a guest's run: reached once, by a vCPU, a device or the user, and seen by all. */
final class MachineEnd {

    private final AtomicReference<Ending> ending = new AtomicReference<>();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final Runnable whenReached;

    /** {@code whenReached} makes every vCPU look; it may be called by a vCPU's thread. */
    MachineEnd(final Runnable whenReached) {
        this.whenReached = whenReached;
    }

    boolean reached() {
        return ending.get() != null;
    }

    /** The first who says so decides. */
    void reach(final Ending how) {
        if (ending.compareAndSet(null, how)) {
            whenReached.run();
            reached.countDown();
        }
    }

    Ending await() throws InterruptedException {
        reached.await();
        return ending.get();
    }
}
