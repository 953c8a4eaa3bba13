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

package io.viommu.vtd.walk;

import static io.viommu.vtd.TestTables.FIRST;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.SECOND;
import static io.viommu.vtd.TestTables.WRITE;
import static io.viommu.vtd.TestTables.firstEntry;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.viommu.vtd.TestMemory;
import io.viommu.vtd.TestTables;

/** First-stage tables and their output through the second stage (VT-d 3.8). */
class NestedWalkTest {

    /** Where the first-stage tables and the page lie in the first stage's own terms: 1 GiB up. */
    private static final long UP = 1L << 30;
    private static final long A = 1 << 8;
    private static final long D = 1 << 9;

    private final TestTables tables = TestTables.scalable(3);

    @BeforeEach
    void liftTheFirstStageBy1GiB() {
        tables.memory.put(PASID_ENTRY + 16, FIRST + 0x4000 | UP);
        for (int level = 4; level >= 1; level--) {
            tables.set(firstEntry(level, IOVA), UP);
        }
        tables.memory.put(secondEntry(4, UP), SECOND + 0x3000 | 3);
        tables.memory.put(secondEntry(3, UP), SECOND + 0x2000 | 3);
        for (long page = 0; page < 8; page++) {
            tables.memory.put(secondEntry(2, UP), SECOND + 0x1000 | 3);
            tables.memory.put(secondEntry(1, FIRST + page * 0x1000), FIRST + page * 0x1000 | 3);
        }
        tables.memory.put(secondEntry(1, PAGE), 0x45_6000 | 3);
    }

    private long tableMapping(final int level) {
        return secondEntry(1, FIRST + level * 0x1000L);
    }

    @Test
    void tablesAndOutputGoThroughTheSecondStage() {
        assertThat(tables.pasidReason(IOVA | 0x10, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0x45_6010);
        assertThat(tables.walk.device().domainId()).isEqualTo(7);
    }

    @Test
    void keptIsTheSmallerPageButInvalidationsGoByTheFirstStages() {
        tables.memory.put(firstEntry(2, IOVA), UP | 0x87);
        tables.memory.put(secondEntry(1, IOVA & 0x1F_F000), 0x99_9000 | 3);
        assertThat(tables.pasidReason(IOVA, READ)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0x99_9000);
        assertThat(tables.walk.shift()).isEqualTo(12);
        assertThat(tables.walk.matchShift()).isEqualTo(21);
    }

    @Test
    void firstStageTableBeyondTheSecondStagesWidthIs74() {
        tables.cap = tables.cap & ~(63L << 16) | 29L << 16;
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x74);
    }

    @Test
    void secondStageThatForbidsReadingTheTopTableIs75AndALowerOneIs76() {
        tables.clear(tableMapping(4), 1);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x75);
        tables.set(tableMapping(4), 1).clear(tableMapping(2), 1);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x76);
    }

    @Test
    void secondStageThatForbidsSettingAFlagIs77() {
        tables.clear(tableMapping(3), 2);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x77);
        tables.set(firstEntry(3, IOVA), 1 << 5);
        assertThat(tables.pasidReason(IOVA, READ)).as("no flag has to be set").isZero();
    }

    @Test
    void faultsOfTheSecondStageItselfKeepTheirCodesForTables() {
        tables.clear(tableMapping(3), 3);
        assertThat(tables.pasidReason(IOVA, READ)).as("not present").isEqualTo(0x79);
        tables.set(tableMapping(3), 3 | 1L << 62);
        assertThat(tables.pasidReason(IOVA, READ)).as("reserved").isEqualTo(0x7A);
        tables.memory.put(secondEntry(2, UP), TestMemory.NOWHERE | 3);
        assertThat(tables.pasidReason(IOVA, READ)).as("entry").isEqualTo(0x78);
        tables.memory.put(PASID_ENTRY, TestMemory.NOWHERE | 3 << 6 | 2 << 2 | 1);
        assertThat(tables.pasidReason(IOVA, READ)).as("top table").isEqualTo(0x7B);
    }

    @Test
    void faultsOfTheOutputHaveTheCodesOfRequests() {
        final long output = secondEntry(1, PAGE);
        tables.clear(output, 2);
        assertThat(tables.pasidReason(IOVA, WRITE)).isEqualTo(0x85);
        tables.memory.put(output, PAGE | 2);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x86);
        tables.memory.put(output, 0);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x79);
        tables.memory.put(output, 0xFEE0_0003L);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x87);
        tables.cap = tables.cap & ~(63L << 16) | 38L << 16;
        tables.memory.put(firstEntry(1, IOVA), 1L << 40 | 7);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x84);
    }

    @Test
    void mappedTablesOutsideMemoryAreTheFirstStagesAccessErrors() {
        tables.memory.put(tableMapping(1), TestMemory.NOWHERE | 3);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x70);
        tables.memory.put(tableMapping(4), TestMemory.NOWHERE | 3);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x73);
    }

    @Test
    void flagsOfBothStagesAreSet() {
        tables.set(PASID_ENTRY, 1 << 9);
        assertThat(tables.pasidReason(IOVA, WRITE)).isZero();
        for (int level = 4; level >= 1; level--) {
            assertThat(tables.memory.get(firstEntry(level, IOVA)) & 1 << 5).isNotZero();
            assertThat(tables.memory.get(tableMapping(level)) & (A | D)).as("a table was written").isEqualTo(A | D);
        }
        assertThat(tables.memory.get(secondEntry(1, PAGE)) & (A | D)).isEqualTo(A | D);
        assertThat(tables.memory.get(firstEntry(1, IOVA)) & 1 << 6).isNotZero();
    }
}
