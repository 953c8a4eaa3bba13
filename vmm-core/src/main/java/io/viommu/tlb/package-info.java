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
/**
 * The cache of translations that both models use, and the way an invalidation waits for DMA that is under way.
 *
 * <p>An invalidation is one record in a short log; cached translations carry the place in the log up to which they were
 * checked, and are checked against what came later when they are next used. So every invalidation costs the same,
 * whatever it covers, and DMA threads take no lock.
 */
package io.viommu.tlb;
