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

package io.viommu.smmu.event;

/** What a guest learns when the host says that it lost events before they were read. */
public enum LostEventPolicy {
    /** Nothing: OVFLG means that the guest's own queue was full (IHI 0070, 7.4), which it was not. They are counted. */
    LOG,
    /** The overflow condition: events of this guest are missing, and OVFLG is the only way to say so. */
    GUEST_OVERFLOW
}
