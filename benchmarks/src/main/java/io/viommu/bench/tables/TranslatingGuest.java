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

package io.viommu.bench.tables;

import io.viommu.iommu.DmaSession;

/** A guest with a vIOMMU that translates for any number of devices, all through the tables of one address space. */
public interface TranslatingGuest extends AutoCloseable {

    /** What is added to an input address that {@link #map} mapped. */
    long OUTPUT = 0x10_0000_0000L;

    /**
     * Its memory.
     *
     * @return tables and queues lie there.
     */
    TableMemory memory();

    /**
     * What devices' accesses are translated by first: the one stage, or the first of two.
     *
     * @return its tables.
     */
    AddressSpace space();

    /**
     * The second of two stages.
     *
     * @return its tables, or null.
     */
    AddressSpace outer();

    /**
     * Opens a way for one thread's accesses.
     *
     * @return a session of the model.
     */
    DmaSession openSession();

    /**
     * Faults that the guest's handler took from the model.
     *
     * @return since the start.
     */
    long faults();

    /**
     * How large the record of a fault is.
     *
     * @return bytes in the guest's queue or register.
     */
    int faultBytes();

    /** Ends the pipeline. */
    @Override
    void close();

    /**
     * Maps pages from an input address on to {@link #OUTPUT} above it; where there are two stages, what lies in memory
     * so far to itself.
     *
     * @param input the first address.
     * @param pages how many.
     */
    default void map(final long input, final long pages) {
        space().map(input, input + OUTPUT, pages);
        if (outer() != null) {
            final long end = memory().end();
            outer().map(input + OUTPUT, input + OUTPUT, pages);
            outer().map(TableMemory.BASE, TableMemory.BASE, (end - TableMemory.BASE) / AddressSpace.PAGE + 1);
        }
    }
}
