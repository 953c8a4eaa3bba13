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
 * The road between fault sources and one vIOMMU: a ring of 64-byte slots with many producers and a single injector.
 *
 * <p>Read it in this order: {@link io.viommu.pipeline.FaultIngress} takes a fault from a source and finds its route,
 * {@link io.viommu.pipeline.FaultPipeline} carries it, {@link io.viommu.pipeline.Injector} gives it to the vIOMMU and
 * counts how it ended.
 */
package io.viommu.pipeline;
