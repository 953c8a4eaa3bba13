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

/** What becomes of a physical event of a stream that the guest's vSMMU stands for. */
public enum Treatment {
    /** The guest's own tables caused it: the guest gets it. */
    PASS,
    /**
     * The guest's if its vSMMU offers ATS, and live only if its own tables forbid the stream ATS; without ATS the guest
     * has no register or structure to answer for it.
     */
    PASS_IF_ATS,
    /**
     * The guest's, but FetchAddr is a host physical address, which a guest must not learn. Passed as reported from a
     * log; live, only with the address found again in the guest's own tables.
     */
    PASS_WITHOUT_HOST_ADDRESS,
    /** Stage 2 stopped the guest's walk: the guest sees F_WALK_EABT at the IPA of its descriptor (3.12.5, 7.3.12). */
    AS_WALK_ABORT,
    /** Stage 2 stopped the fetch of the guest's CD: the guest sees F_CD_FETCH at the IPA of its CD (7.3.10). */
    AS_CD_ABORT,
    /** The host's; the guest never sees it. */
    KEEP
}
