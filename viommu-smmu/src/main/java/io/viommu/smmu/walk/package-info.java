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
 * VMSAv8-64 page walks of stage 1, stage 2 and both (IHI 0070, 3.3, 3.4, 3.13, 7.3.22; Arm ARM, D8). Pure but for the
 * access flags and dirty states that a guest asks for: memory, a configuration and an address go in, an address or a
 * fault comes out. Nothing here allocates, and every loop is bounded by the number of levels and of retries.
 */
package io.viommu.smmu.walk;
