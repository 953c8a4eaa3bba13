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
 * The guest's answer (or the vIOMMU's in its place) to a page request or a stalled transaction.
 *
 * @param device StreamID or source-id of the device that asked.
 * @param pasid  20 bits, or -1.
 * @param group  page request group index, or the stall tag.
 * @param code   {@code success}, {@code invalid} or {@code failure}.
 */
public record PageAnswer(int device, int pasid, int group, String code) {
}
