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

package io.viommu.vtd.command;

/** Takes the guest's answers to page requests (VT-d 7.6.1). */
@FunctionalInterface
public interface PageGroupResponder {

    /**
     * Answers a page group. An answer to nothing is ignored.
     *
     * @param requesterId the device.
     * @param pasid       20 bits, or {@link InvalidationSink#NO_PASID}.
     * @param group       page request group index, 9 bits.
     * @param code        response code: 0 success, 1 invalid request, 15 failure.
     */
    void respond(int requesterId, int pasid, int group, int code);
}
