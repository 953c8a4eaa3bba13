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

package io.viommu.smmu;

import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;

/** The device's side of its own pipeline, which may not be there: then faults are injected by whoever calls. */
final class FaultWay {

    private final FaultRecord wakeUp = new FaultRecord();
    private volatile FaultPort port;

    void connect(final FaultPort newPort) {
        port = newPort;
    }

    /** Waits for every fault that is on its way: its record and its interrupt are written, or it is dropped. */
    void drain() {
        final FaultPort way = port;
        if (way != null) {
            way.awaitInjected();
        }
    }

    /**
     * Makes the injector end a batch, by an empty record that carries no fault. Not for the injector itself, which
     * would wait for room that only it can make.
     *
     * @return false if there is no injector.
     */
    boolean wake() {
        final FaultPort way = port;
        if (way == null) {
            return false;
        }
        synchronized (wakeUp) {
            final long claim = way.claim(wakeUp);
            if (claim >= 0) {
                way.publish(claim);
            }
        }
        way.flush();
        return true;
    }
}
