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
package io.viommu.smmu.dma;

/** The kinds of cached translations, so that an invalidation hits only those of the regime that it names. */
final class TranslationKind {

    /** Stage 1 of the EL1 world, alone or combined with stage 2. */
    static final int EL1 = 0;
    /** Stage 2 alone: the input address is an IPA. */
    static final int INTERMEDIATE = 1;
    /** Stage 1 of the EL2 world. */
    static final int EL2 = 2;
    /** Stage 1 of the EL2 world with E2H. */
    static final int EL2_E2H = 3;
    /** The bit in which {@link #EL2} and {@link #EL2_E2H} differ. */
    static final int EITHER_EL2 = 1;
    /** No stage: the address passes. */
    static final int BYPASS = 4;

    private TranslationKind() {
    }
}
