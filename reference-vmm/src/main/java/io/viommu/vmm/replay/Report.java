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

package io.viommu.vmm.replay;

/** Tells the user how the faults ended. One thread calls. */
interface Report {

    /** A fault has ended, or several of the same line in the same way. */
    void fault(ReplayFault fault, Ending ending);

    /** Whether nobody takes what is printed any more, so that the run may as well end. */
    default boolean abandoned() {
        return false;
    }

    /** The run is over. */
    void summary(RunSummary summary);
}
