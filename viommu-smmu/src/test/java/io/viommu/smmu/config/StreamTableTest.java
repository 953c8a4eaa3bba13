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
package io.viommu.smmu.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;

/** Stream table look-up, IHI 0070 6.3.24, 6.3.25, 7.3.3, 5.1. */
class StreamTableTest {

    private static final int C_BAD_STREAMID = 2;
    private static final int F_STE_FETCH = 3;
    private static final int C_BAD_STE = 4;
    private static final long TABLE = 0x4010_0000L;
    private static final long LEAF = 0x4020_0000L;

    private final TestMemory memory = new TestMemory();
    private final StreamTable streams = new StreamTable(memory);
    private final StreamConfiguration found = new StreamConfiguration();
    private final SmmuFault fault = new SmmuFault();

    private int lookup(final SmmuContext context, final int streamId) {
        return streams.lookup(context, streamId, found, fault);
    }

    private SmmuContext linear(final long base, final int log2Size) {
        return Features.plain().enabled(base, log2Size);
    }

    private SmmuContext twoLevel(final int log2Size, final int split) {
        return Features.plain().enabled(TABLE, log2Size | split << 6 | 1 << 16);
    }

    private void bypassAt(final long address) {
        Record.ste(0b100).write(memory, address);
    }

    @Test
    void linearTableIsIndexedByStreamId() {
        bypassAt(TABLE + 5 * 64);
        assertThat(lookup(linear(TABLE, 8), 5)).isZero();
        assertThat(found.translates()).isFalse();
    }

    @Test
    void streamIdBeyondLog2SizeIsBadStreamId() {
        bypassAt(TABLE + 7 * 64);
        assertThat(lookup(linear(TABLE, 3), 7)).isZero();
        assertThat(lookup(linear(TABLE, 3), 8)).isEqualTo(C_BAD_STREAMID);
        assertThat(lookup(linear(TABLE, 3), -1)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void streamIdBeyondSidSizeIsBadStreamIdWhateverLog2SizeSays() {
        assertThat(lookup(linear(TABLE, 20), 1 << 16)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void sizeOfZeroHoldsOneStream() {
        bypassAt(TABLE);
        assertThat(lookup(linear(TABLE, 0), 0)).isZero();
        assertThat(lookup(linear(TABLE, 0), 1)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void linearBaseIsAlignedToTheTableSize() {
        bypassAt(TABLE + 2 * 64);
        assertThat(lookup(linear(TABLE + 0x3FC0, 8), 2)).isZero();
    }

    @Test
    void alignmentGoesByTheLiteralLog2SizeThoughTheRangeIsCapped() {
        bypassAt(0x4000_0000L + 3 * 64);
        // 2^20 entries would be 64 MiB, so bits 25 to 6 of the base are ignored though SIDSIZE is 16
        assertThat(lookup(linear(0x4000_0000L | 0x3FF_0000L, 20), 3)).isZero();
    }

    @Test
    void hugeLog2SizeClearsTheWholeBase() {
        assertThat(lookup(linear(TABLE, 63), 3)).isEqualTo(F_STE_FETCH);
        assertThat(fault.address()).isEqualTo(3 * 64);
    }

    @Test
    void fetchOutsideMemoryIsSteFetchWithTheAddressOfTheEntry() {
        assertThat(lookup(linear(TestMemory.NOWHERE, 4), 2)).isEqualTo(F_STE_FETCH);
        assertThat(fault.address()).isEqualTo(TestMemory.NOWHERE + 128);
    }

    @Test
    void addressesBeyondTheOutputSizeAreTruncated() {
        bypassAt(TABLE + 64);
        assertThat(lookup(linear(1L << 44 | TABLE, 4), 1)).isZero();
    }

    @Test
    void twoLevelTableIsIndexedBySplit() {
        memory.put(TABLE + 3 * 8, LEAF | 9);
        bypassAt(LEAF + 0x45 * 64);
        assertThat(lookup(twoLevel(16, 8), 0x345)).isZero();
    }

    @Test
    void splitOfTenIsArchitected() {
        memory.put(TABLE + 8, LEAF | 11);
        bypassAt(LEAF + 0x145 * 64);
        assertThat(lookup(twoLevel(16, 10), 0x545)).isZero();
    }

    @Test
    void reservedSplitActsAsSix() {
        memory.put(TABLE + 8, LEAF | 7);
        bypassAt(LEAF + 2 * 64);
        assertThat(lookup(twoLevel(16, 7), 66)).isZero();
    }

    @Test
    void reservedFormatsAreLinear() {
        bypassAt(TABLE + 64);
        assertThat(lookup(Features.plain().enabled(TABLE, 8 | 8 << 6 | 2 << 16), 1)).isZero();
        assertThat(lookup(Features.plain().enabled(TABLE, 8 | 8 << 6 | 3 << 16), 1)).isZero();
    }

    @Test
    void spanOfZeroIsBadStreamId() {
        memory.put(TABLE, LEAF);
        assertThat(lookup(twoLevel(16, 8), 0)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void spanHoldsTwoToTheSpanMinusOneEntries() {
        memory.put(TABLE, LEAF | 3);
        bypassAt(LEAF + 3 * 64);
        assertThat(lookup(twoLevel(16, 8), 3)).isZero();
        assertThat(lookup(twoLevel(16, 8), 4)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void spanOfOneHoldsOneEntry() {
        memory.put(TABLE, LEAF | 1);
        bypassAt(LEAF);
        assertThat(lookup(twoLevel(16, 8), 0)).isZero();
        assertThat(lookup(twoLevel(16, 8), 1)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void spanBeyondSplitPlusOneIsBadStreamId() {
        memory.put(TABLE, LEAF | 9);
        bypassAt(LEAF);
        assertThat(lookup(twoLevel(16, 8), 0)).isZero();
        memory.put(TABLE, LEAF | 10);
        assertThat(lookup(twoLevel(16, 8), 0)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void reservedSpansAreBadStreamId() {
        memory.put(TABLE, LEAF | 12);
        assertThat(lookup(twoLevel(16, 10), 0)).isEqualTo(C_BAD_STREAMID);
        memory.put(TABLE, LEAF | 31);
        assertThat(lookup(twoLevel(16, 10), 0)).isEqualTo(C_BAD_STREAMID);
    }

    @Test
    void levelTwoPointerIsAlignedToItsSpan() {
        memory.put(TABLE, LEAF + 0x80 | 3); // 4 entries: 256 bytes
        bypassAt(LEAF + 64);
        assertThat(lookup(twoLevel(16, 8), 1)).isZero();
    }

    @Test
    void twoLevelBaseIsAlignedToTheLevelOneTable() {
        memory.put(TABLE + 8, LEAF | 9);
        bypassAt(LEAF);
        final SmmuContext context = Features.plain().enabled(TABLE + 0x7C0, 16 | 8 << 6 | 1 << 16);
        assertThat(lookup(context, 0x100)).isZero();
    }

    @Test
    void abortedFetchOfLevelOneIsSteFetchWithItsAddress() {
        final SmmuContext context = Features.plain().enabled(TestMemory.NOWHERE, 16 | 8 << 6 | 1 << 16);
        assertThat(lookup(context, 0x234)).isEqualTo(F_STE_FETCH);
        assertThat(fault.address()).isEqualTo(TestMemory.NOWHERE + 2 * 8);
    }

    @Test
    void twoLevelFormatIsLinearWhereItIsNotOffered() {
        bypassAt(TABLE + 64);
        assertThat(lookup(Features.plain().idr0(27, 2, 0).enabled(TABLE, 8 | 8 << 6 | 1 << 16), 1)).isZero();
    }

    @Test
    void configZeroAbortsSilentlyWhateverElseTheEntrySays() {
        for (int config = 0; config < 4; config++) {
            Record.ste(config).set(91, 1, 1).set(59, 5, 31).set(160, 6, 63).write(memory, TABLE);
            assertThat(lookup(linear(TABLE, 4), 0)).isEqualTo(SmmuFault.SILENT);
        }
    }

    @Test
    void entryThatIsNotValidIsBadSteThoughItsConfigWouldAbort() {
        new Record().write(memory, TABLE);
        assertThat(lookup(linear(TABLE, 4), 0)).isEqualTo(C_BAD_STE);
        assertThat(fault.rule()).isEqualTo(SteRule.NOT_VALID);
    }

    @Test
    void badStreamIdComesBeforeTheFetch() {
        assertThat(lookup(linear(TestMemory.NOWHERE, 3), 8)).isEqualTo(C_BAD_STREAMID);
    }
}
