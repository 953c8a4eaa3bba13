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
 * The fault journal: a file that keeps physical faults as they were read, to be played again. A
 * {@link io.viommu.bridge.journal.JournalingSink} between a reader and the pipeline records into a
 * {@link io.viommu.bridge.journal.FaultJournal}; a {@link io.viommu.bridge.journal.JournalSource} gives the faults to a
 * reader again, and a {@link io.viommu.bridge.journal.JournalReader} shows them to a program.
 */
package io.viommu.bridge.journal;
