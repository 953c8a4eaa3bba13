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

package io.viommu.smmu.fault;

/**
 * Learns what becomes of stalled transactions of emulated devices. Called on vCPU threads; must not block. A guest may
 * answer at once, so an answer may come before the session's {@code translate} has returned; no other transaction gets
 * the tag before the call is over.
 */
@FunctionalInterface
public interface StallListener {

    /** The transaction is to be made again, as though it had just arrived. */
    int RETRY = 0;
    /** The transaction is aborted. */
    int ABORT = 1;
    /** The transaction ends without effect: reads give zeros, writes vanish. */
    int IGNORE = 2;

    /** Nobody waits. */
    StallListener NONE = (_, _, _) -> {
    };

    /**
     * A stalled transaction was answered.
     *
     * @param stream its StreamID.
     * @param tag    the tag it was parked with.
     * @param action {@link #RETRY}, {@link #ABORT} or {@link #IGNORE}.
     */
    void answered(int stream, int tag, int action);
}
