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

package io.viommu.vmm.control;

import java.util.Map;

/** A guest's machine as the control socket sees it. */
public interface ControlTarget {

    /**
     * What injects physical faults into the guest's vIOMMU.
     *
     * @return always the same.
     */
    FaultInjector faults();

    /**
     * The guest's names of devices, by a log's.
     *
     * @return StreamIDs or requester ids; who isn't in it keeps its own.
     */
    Map<Integer, Integer> devices();

    /**
     * A device whose driver gives it buffers to write.
     *
     * @param command what wants it, for the sentence.
     * @return the entropy device.
     * @throws IllegalArgumentException in one sentence, if there is none.
     */
    StrayPort entropy(String command);

    /**
     * A device whose driver gives it buffers to read.
     *
     * @param command what wants it, for the sentence.
     * @return the console.
     * @throws IllegalArgumentException in one sentence, if there is none.
     */
    StrayPort console(String command);

    /**
     * Has the guest's next command be one that the model must refuse.
     *
     * @throws IllegalArgumentException in one sentence, if that can't be.
     */
    void spoil();
}
