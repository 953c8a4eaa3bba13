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
 * From requester id and PASID to a checked configuration: root, context, PASID directory and PASID table look-ups, and
 * the rules that make an entry invalid, in the architecture's order (VT-d 3.4, 7.1.3, chapter 9). Pure: guest memory
 * and a {@link io.viommu.vtd.config.VtdContext} go in, a configuration or a fault comes out.
 */
package io.viommu.vtd.config;
