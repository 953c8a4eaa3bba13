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
 * The register frame: its size, the global command register that switches everything on, the state that it latches,
 * and the interrupt line behind each of the three event control registers. What registers are lies in
 * {@code io.viommu.vtd.spec}; who acts on them, in the packages beside this one.
 */
package io.viommu.vtd.register;
