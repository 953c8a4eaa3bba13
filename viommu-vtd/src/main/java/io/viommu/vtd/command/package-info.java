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
 * How a guest tells the unit to forget: through two registers, or through a queue of descriptors, which also carries
 * the answers to page requests and the waits by which the guest learns that all before was done. What is forgotten lies
 * behind {@link io.viommu.vtd.command.InvalidationSink}.
 */
package io.viommu.vtd.command;
