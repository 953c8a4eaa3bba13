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
 * Benchmarks: {@link io.viommu.bench.Main} runs a named suite. The classes named {@code ...Bench} are JMH
 * micro-benchmarks of the stations of a fault's road; package {@code road} measures the whole road beside the classic
 * design in C.
 *
 * <p>Every figure is to be read as a ratio to a baseline of the same run.
 */
package io.viommu.bench;
