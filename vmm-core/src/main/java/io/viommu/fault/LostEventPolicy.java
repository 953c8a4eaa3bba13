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

/**
 * What a guest learns when the host says that it lost faults before they were read. Under either policy the number of
 * lost faults is added to a counter of the pipeline, and each batch of reports makes one line in the log.
 */
public enum LostEventPolicy {
    /**
     * Nothing: the overflow flags speak of the guest's own queue, which was not full. The report ends as the host's.
     */
    LOG,
    /**
     * The overflow condition, as far as the architecture has one to give at that moment (an SMMUv3 Event queue that is
     * enabled, a VT-d fault that is pending): a liberty, taken because the flag is the only way to say that faults of
     * this guest are missing.
     */
    GUEST_OVERFLOW
}
