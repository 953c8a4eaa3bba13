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

package io.viommu.vmm.guest;

/** Takes each fault that a driver model has fetched from its device, on the driver's thread, in the device's order. */
@FunctionalInterface
public interface FetchedRecord {

    /**
     * A fault has reached the guest's software, and its place in the queue is free again.
     *
     * @param word0 the record's first 64 bits, as the guest read them.
     * @param word1 the second.
     * @param word2 the third; 0 for a VT-d record, which has two.
     * @param word3 the fourth; 0 for a VT-d record.
     * @param time  when its words were fetched, {@link System#nanoTime()} scale.
     */
    void fetched(long word0, long word1, long word2, long word3, long time);
}
