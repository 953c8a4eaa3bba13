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
package io.viommu.bridge.iommufd;

/** What the records of a fault queue were before the kernel brought them into its one form. */
public enum RecoverableForm {
    /** PRI page requests; the guest takes them in its page request queue. */
    PAGE_REQUEST,
    /**
     * Stalled transactions of an SMMUv3; the guest takes them in its event queue. The kernel drops reason and class of
     * the event: it is rebuilt as F_TRANSLATION of the input address, which a guest's handler treats like the others.
     */
    STALL
}
