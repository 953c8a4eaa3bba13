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
 * Plays the faults of kernel logs down the whole road: a producer in another process writes them into DMA-fault
 * regions, the bridge reads them, the pipeline injects them into a machine's vIOMMU, a guest driver model fetches them
 * after its interrupt, and what became of each is reported.
 *
 * <p>The way through the package: {@code LogReader} finds the faults, {@code RegionPlan} gives each device a region and
 * writes the producer's script, {@code ReplayMachine} is a guest, {@code Road} puts the parts together and runs them,
 * {@code SettlementLane} and {@code FetchLane} carry what the injector and the guest's driver saw to {@code Outcomes},
 * and a {@code Report} prints.
 */
package io.viommu.vmm.replay;
