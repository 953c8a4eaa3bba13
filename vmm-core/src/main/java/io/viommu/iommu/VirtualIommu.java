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

import io.viommu.device.MmioDevice;
import io.viommu.device.ResettableDevice;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;

/**
 * A vIOMMU model: registers for the guest, and a place where faults go in.
 *
 * <p>{@link #inject} and {@link #endOfBatch} are called by one injector only, {@link #read} and {@link #write} by any
 * vCPU thread.
 */
public interface VirtualIommu extends MmioDevice, ResettableDevice {

    /**
     * Gives the model the way into its own pipeline: for faults that its walks find, and to wait for those under way
     * before a guest's invalidation completes. Called once, before the guest runs. A model without a pipeline waits for
     * nothing.
     *
     * @param port the pipeline that injects into this model.
     */
    void connect(FaultPort port);

    /**
     * Decides what the guest sees of a fault and writes it into the guest's queue. Neither throws, blocks nor
     * allocates.
     *
     * @param record the fault; valid during the call, and the model may change it in place.
     * @return how it ended.
     */
    FaultDisposition inject(FaultRecord record);

    /** Ends a batch of injections: the interrupt that it owes the guest is raised now, once. */
    void endOfBatch();
}
