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
 * Reads kernel logs as people paste them and finds the IOMMU faults in them: SMMUv3 event dumps, DMAR and interrupt
 * remapping lines of every era, Xen's, QEMU's and Genode's. Text goes in line by line through
 * {@link io.viommu.bridge.log.KernelLogParser}; {@link io.viommu.bridge.log.LogFault faults} come out with the raw
 * words that the hardware recorded, or, where the log has lost something, with one sentence that says what is missing.
 *
 * <p>The way of a line through the package: prefixes and escapes are taken off ({@code LinePrefix}), lines that a mail
 * program has wrapped are put together again ({@code LineJoiner}), the records in them are recognised
 * ({@code RecordFormat}), and then {@code SmmuDevice} gathers the words of one SMMU and {@code DmarMatcher} pairs DMAR
 * faults with their reasons.
 */
package io.viommu.bridge.log;
