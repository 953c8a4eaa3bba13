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
 * Non-recoverable faults: what the reasons mean and whose they are, what a guest gets to see of a physical fault, the
 * fault recording registers that the one injector fills, and the words in which a record is explained to people. Faults
 * come in through {@code VtdUnit.inject} and leave as a record in the registers and a fault event.
 */
package io.viommu.vtd.fault;
