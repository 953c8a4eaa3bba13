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

import io.viommu.iommu.DmaSession;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;

/** Which CD a transaction uses: S1CDMax, S1Fmt, S1DSS, L1CD; IHI 0070 5.2, 5.3, 7.3.7, 7.3.9. */
class ContextTableTest {

    private static final int F_STREAM_DISABLED = 6;
    private static final int C_BAD_SUBSTREAMID = 8;
    private static final int F_CD_FETCH = 9;
    private static final int C_BAD_CD = 10;
    private static final long STREAMS = 0x4010_0000L;
    private static final long CDS = 0x4020_0000L;
    private static final long LEAF = 0x4030_0000L;
    private static final int NONE = DmaSession.NO_PASID;

    private final TestMemory memory = new TestMemory();
    private final StreamTable streams = new StreamTable(memory);
    private final StreamConfiguration found = new StreamConfiguration();
    private final SmmuFault fault = new SmmuFault();
    private final ContextTable contexts = new ContextTable((stream, address, target, length, into) -> memory
            .read(address, target, 0, length) == GuestMemory.OK
                    ? SmmuFault.NONE
                    : into.fetch(F_CD_FETCH, 0, false,
                            address));

    private int lookup(final Record ste, final int substreamId) {
        return lookup(Features.full(), ste, substreamId);
    }

    private int lookup(final Features capabilities, final Record ste, final int substreamId) {
        ste.write(memory, STREAMS);
        final SmmuContext context = capabilities.enabled(STREAMS, 4);
        assertThat(streams.lookup(context, 0, found, fault)).isZero();
        return contexts.lookup(context.capabilities(), substreamId, found, fault);
    }

    private static Record ste(final int log2, final int format, final int defaultSubstream) {
        return Record.stage1Ste(CDS).set(59, 5, log2).set(4, 2, format).set(64, 2, defaultSubstream);
    }

    private void cdAt(final long address, final int asid) {
        Record.cd(0x4100_0000L, asid).write(memory, address);
    }

    @Test
    void withoutSubstreamsThePointerIsToOneDescriptor() {
        cdAt(CDS, 7);
        assertThat(lookup(ste(0, 1, 0), NONE)).isZero();
        assertThat(found.asid()).isEqualTo(7);
    }

    @Test
    void linearTableIsIndexedBySubstreamId() {
        cdAt(CDS + 5 * 64, 9);
        assertThat(lookup(ste(4, 0, 0), 5)).isZero();
        assertThat(found.asid()).isEqualTo(9);
    }

    @Test
    void reservedFormatActsAsLinear() {
        cdAt(CDS + 5 * 64, 9);
        assertThat(lookup(ste(4, 3, 0), 5)).isZero();
    }

    @Test
    void leavesOfFourKibHoldSixtyFourDescriptors() {
        memory.put(CDS + 3 * 8, LEAF | 1);
        cdAt(LEAF + 2 * 64, 11);
        assertThat(lookup(ste(10, 1, 0), 3 * 64 + 2)).isZero();
        assertThat(found.asid()).isEqualTo(11);
    }

    @Test
    void leavesOfSixtyFourKibHoldOneThousandAndTwentyFourDescriptors() {
        memory.put(CDS + 8, LEAF | 1);
        cdAt(LEAF + 1023 * 64, 12);
        assertThat(lookup(ste(11, 2, 0), 2047)).isZero();
        assertThat(found.asid()).isEqualTo(12);
    }

    @Test
    void leavesAreAlignedToTheirSize() {
        memory.put(CDS + 8, LEAF | 0xF000 | 0xFFE | 1);
        cdAt(LEAF + 5 * 64, 13);
        assertThat(lookup(ste(11, 2, 0), 1024 + 5)).isZero();
        assertThat(found.asid()).isEqualTo(13);
        cdAt(LEAF + 0xF000 + 5 * 64, 14);
        assertThat(lookup(ste(7, 1, 0), 64 + 5)).isZero();
        assertThat(found.asid()).isEqualTo(14);
    }

    @Test
    void levelOneDescriptorThatIsNotValidIsBadSubstreamId() {
        memory.put(CDS, LEAF);
        assertThat(lookup(ste(10, 1, 0), 2)).isEqualTo(C_BAD_SUBSTREAMID);
    }

    @Test
    void levelTwoPointerOutOfRangeIsBadSubstreamId() {
        memory.put(CDS, 1L << 44 | 1);
        assertThat(lookup(ste(10, 1, 0), 2)).isEqualTo(C_BAD_SUBSTREAMID);
    }

    @Test
    void substreamIdWithStageOneOffIsBadSubstreamId() {
        assertThat(lookup(Record.ste(0b100), 0)).isEqualTo(C_BAD_SUBSTREAMID);
        assertThat(lookup(Record.ste(0b110).stage2(0x4100_0000L, 1), 3)).isEqualTo(C_BAD_SUBSTREAMID);
    }

    @Test
    void substreamIdWithSubstreamsOffIsBadSubstreamId() {
        cdAt(CDS, 1);
        assertThat(lookup(ste(0, 0, 0), 0)).isEqualTo(C_BAD_SUBSTREAMID);
        assertThat(lookup(Features.plain(), ste(5, 0, 0), 1)).isEqualTo(C_BAD_SUBSTREAMID);
    }

    @Test
    void substreamIdBeyondTheNumberOfContextsIsBadSubstreamId() {
        cdAt(CDS + 15 * 64, 1);
        assertThat(lookup(ste(4, 0, 0), 15)).isZero();
        assertThat(lookup(ste(4, 0, 0), 16)).isEqualTo(C_BAD_SUBSTREAMID);
        assertThat(lookup(ste(4, 0, 0), 0xFFFFF)).isEqualTo(C_BAD_SUBSTREAMID);
    }

    @Test
    void trafficWithoutSubstreamIsDisabledWhereS1dssSaysTerminate() {
        cdAt(CDS, 1);
        assertThat(lookup(ste(4, 0, 0), NONE)).isEqualTo(F_STREAM_DISABLED);
        assertThat(lookup(ste(4, 0, 3), NONE)).isEqualTo(F_STREAM_DISABLED);
    }

    @Test
    void trafficWithoutSubstreamSkipsStageOneWithoutFetchingADescriptor() {
        final long before = memory.reads();
        assertThat(lookup(ste(4, 0, 1), NONE)).isZero();
        assertThat(memory.reads() - before).isEqualTo(1);
        assertThat(found.stage1()).isFalse();
        assertThat(found.stage1Skipped()).isTrue();
    }

    @Test
    void trafficWithoutSubstreamUsesContextZero() {
        cdAt(CDS, 21);
        assertThat(lookup(ste(4, 0, 2), NONE)).isZero();
        assertThat(found.asid()).isEqualTo(21);
    }

    @Test
    void substreamZeroIsDisabledWhereItBelongsToTrafficWithout() {
        cdAt(CDS, 21);
        cdAt(CDS + 64, 22);
        assertThat(lookup(ste(4, 0, 2), 0)).isEqualTo(F_STREAM_DISABLED);
        assertThat(lookup(ste(4, 0, 2), 1)).isZero();
        assertThat(lookup(ste(4, 0, 1), 0)).isZero();
    }

    @Test
    void s1dssIsIgnoredWithSubstreamsOff() {
        cdAt(CDS, 21);
        assertThat(lookup(ste(0, 0, 1), NONE)).isZero();
        assertThat(found.stage1()).isTrue();
        assertThat(lookup(Features.plain(), ste(4, 0, 0), NONE)).isZero();
    }

    @Test
    void abortedFetchIsCdFetchWithTheAddressOfTheDescriptor() {
        assertThat(lookup(Record.stage1Ste(TestMemory.NOWHERE).set(59, 5, 4), 3)).isEqualTo(F_CD_FETCH);
        assertThat(fault.address()).isEqualTo(TestMemory.NOWHERE + 3 * 64);
    }

    @Test
    void illegalDescriptorIsBadCd() {
        new Record().write(memory, CDS);
        assertThat(lookup(ste(0, 0, 0), NONE)).isEqualTo(C_BAD_CD);
        assertThat(fault.rule()).isEqualTo(CdRule.NOT_VALID);
    }

    @Test
    void badSubstreamIdComesBeforeStreamDisabledAndTheFetch() {
        assertThat(lookup(Record.stage1Ste(TestMemory.NOWHERE).set(59, 5, 4).set(64, 2, 2), 16))
                .isEqualTo(C_BAD_SUBSTREAMID);
        assertThat(lookup(Record.stage1Ste(TestMemory.NOWHERE).set(59, 5, 4).set(64, 2, 2), 0))
                .isEqualTo(F_STREAM_DISABLED);
    }

    @Test
    void worldOfEl2HasNoAsidAndNoVmid() {
        cdAt(CDS, 7);
        assertThat(lookup(ste(0, 0, 0).set(94, 2, 2).set(128, 16, 5), NONE)).isZero();
        assertThat(found.world()).isEqualTo(StreamConfiguration.WORLD_EL2);
        assertThat(found.asid()).isZero();
        assertThat(found.vmid()).isZero();
    }

    @Test
    void vmidTagsStageOneAloneWhereStageTwoIsOffered() {
        cdAt(CDS, 7);
        assertThat(lookup(ste(0, 0, 0).set(128, 16, 5), NONE)).isZero();
        assertThat(found.vmid()).isEqualTo(5);
        assertThat(lookup(Features.full().idr0(0, 1, 0), ste(0, 0, 0).set(128, 16, 5), NONE)).isZero();
        assertThat(found.vmid()).isZero();
    }
}
