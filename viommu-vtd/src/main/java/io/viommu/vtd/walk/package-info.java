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
 * From an input address to a physical one: walks of second-stage and first-stage tables, one through the other in
 * nested translation, and the rules about the interrupt range (VT-d 3.6, 3.7, 3.8, 3.14). Pure but for accessed and
 * dirty flags, which are set by compare-and-set and only where the caller wants that.
 */
package io.viommu.vtd.walk;
