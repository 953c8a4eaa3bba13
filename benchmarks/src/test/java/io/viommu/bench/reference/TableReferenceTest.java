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

package io.viommu.bench.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.viommu.bench.tables.Accesses;
import io.viommu.bench.tables.AddressSpace;
import io.viommu.bench.tables.TableMemory;

class TableReferenceTest {

    private static final long OUTPUT = 0x10_0000_0000L;
    private static final int PAGES = 600;

    private final TableMemory memory = new TableMemory(4 << 20);
    private final AddressSpace inner = new AddressSpace(memory, 3, 3);
    private final Accesses accesses = new Accesses(1, PAGES);
    private TableReference reference;

    @BeforeEach
    void build() {
        assumeTrue(Compiler.find(System.getenv("PATH")).isPresent(), "no C compiler");
        reference = TableReference.build();
        inner.map(Accesses.FIRST, Accesses.FIRST + OUTPUT, PAGES);
    }

    private long sum(final long offset) {
        long sum = 0;
        for (int i = 0; i < Accesses.CHUNK; i++) {
            sum += accesses.address(i) + offset;
        }
        return sum;
    }

    @Test
    void everyLookUpFindsItsOwnPage() {
        final MemorySegment slots = accesses.table(reference);
        assertThat(reference.lookup(slots, accesses.from(0), Accesses.CHUNK)).isEqualTo(sum(0));
        assertThat(reference.lookupAlone(slots, accesses.from(0), Accesses.CHUNK)).isEqualTo(sum(0));
    }

    @Test
    void aCheckedLookUpFindsWhatIsUpToDateAndAllowed() {
        final MemorySegment slots = accesses.table(reference);
        final MemorySegment sequence = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
        sequence.set(ValueLayout.JAVA_LONG, 0, 2);
        assertThat(reference.lookupChecked(slots, sequence, 9, accesses.from(0), Accesses.CHUNK)).isEqualTo(sum(0));
        assertThat(reference.lookupChecked(slots, sequence, 64, accesses.from(0), Accesses.CHUNK)).isZero();
        sequence.set(ValueLayout.JAVA_LONG, 0, 4);
        assertThat(reference.lookupChecked(slots, sequence, 9, accesses.from(0), Accesses.CHUNK)).isZero();
    }

    @Test
    void everyWalkOfOneStageEndsWhereTheTablesLead() {
        assertThat(reference.walk(memory.zero(), inner.root(), accesses.from(0), Accesses.CHUNK)).isEqualTo(
                sum(OUTPUT));
        assertThat(reference.walkAlone(memory.zero(), inner.root(), 0, accesses.from(0), Accesses.CHUNK)).isEqualTo(
                sum(OUTPUT));
    }

    @Test
    void theSecondStageTranslatesTablesAndOutputOfTheFirst() {
        final long end = memory.end();
        final AddressSpace outer = new AddressSpace(memory, 3, 3);
        outer.map(TableMemory.BASE, TableMemory.BASE, (end - TableMemory.BASE) / AddressSpace.PAGE);
        outer.map(Accesses.FIRST + OUTPUT, Accesses.FIRST + 2 * OUTPUT, PAGES);
        assertThat(reference.walkNested(memory.zero(), inner.root(), outer.root(), accesses.from(0), Accesses.CHUNK))
                .isEqualTo(sum(2 * OUTPUT));
    }

    @Test
    void aCacheAnswersAsTheWalkDoes() {
        final MemorySegment slots = Arena.ofAuto().allocate(64 * TableReference.SLOT_LENGTH, 64);
        for (int round = 0; round < 3; round++) {
            assertThat(reference.walkCached(memory.zero(), inner.root(), 0, slots, accesses.from(0), Accesses.CHUNK))
                    .isEqualTo(sum(OUTPUT));
        }
    }

    @Test
    void accessesWithoutAPageAreCountedAsFaults() {
        final AddressSpace empty = new AddressSpace(memory, 3, 3);
        for (int i = 0; i < PAGES; i++) {
            empty.leaveOut(Accesses.FIRST + i * AddressSpace.PAGE);
        }
        final MemorySegment queue = Arena.ofAuto().allocate(256 * 32, 64);
        final MemorySegment indices = Arena.ofAuto().allocate(128, 64);
        assertThat(reference.faults(memory.zero(), empty.root(), accesses.from(0), queue, indices, 100)).isEqualTo(100);
        assertThat(reference.faults(memory.zero(), inner.root(), accesses.from(0), queue, indices, 1)).isZero();
    }
}
