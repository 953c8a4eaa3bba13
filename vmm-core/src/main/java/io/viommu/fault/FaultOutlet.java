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

package io.viommu.fault;

/** The way of the faults that a model's own walks find, into the pipeline that injects into it. */
public final class FaultOutlet {

    private volatile FaultPort port;

    /** Makes an outlet that leads nowhere. */
    public FaultOutlet() {
    }

    /**
     * Gives it the pipeline. Without one, faults end their requests but are not recorded.
     *
     * @param faults the pipeline that injects into this model.
     */
    public void connect(final FaultPort faults) {
        port = faults;
    }

    FaultPort port() {
        return port;
    }
}
