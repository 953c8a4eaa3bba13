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

package io.viommu.vmm.machine;

/**
 * A fault or page request before it gets its slot in the pipeline; see {@link io.viommu.fault.FaultRecordLayout} for
 * what the words of each kind hold.
 *
 * @param kind       a code of {@link io.viommu.fault.FaultKind}.
 * @param device     StreamID or source-id; the host's name of the device and the guest's are the same here.
 * @param pasid      20 bits, or {@link io.viommu.fault.FaultSink#NO_PASID}.
 * @param words      four words.
 * @param group      page request group index or stall tag that an answer is owed to, or {@link #NO_ANSWER}.
 * @param asReported false if the vIOMMU recomputes the reason from the guest's tables.
 */
public record FaultDraft(int kind, int device, int pasid, long[] words, int group, boolean asReported) {

    /** Nobody waits for an answer. */
    public static final int NO_ANSWER = -1;
}
