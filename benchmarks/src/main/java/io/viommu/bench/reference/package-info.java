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
 * The classic design in C, built with the system's compiler when a benchmark needs it, and called through
 * {@code java.lang.foreign}: {@link io.viommu.bench.reference.CReference} builds and loads it,
 * {@link io.viommu.bench.reference.RoadState} is the structure that both languages fill in, and
 * {@link io.viommu.bench.reference.Cpus} pins threads of either.
 */
package io.viommu.bench.reference;
