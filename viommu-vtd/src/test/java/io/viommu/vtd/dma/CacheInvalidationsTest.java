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

package io.viommu.vtd.dma;

import static io.viommu.vtd.TestTables.DIRECTORY_ENTRY;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.NO_PASID;
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.RID_PASID;
import static io.viommu.vtd.TestTables.SCALABLE_ENTRY;
import static io.viommu.vtd.TestTables.SID;
import static io.viommu.vtd.TestTables.firstEntry;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;

import io.viommu.vtd.TestTables;
import io.viommu.vtd.command.InvalidationSink;

/** The matching rules (VT-d 6.5.2): what an invalidation must drop, and what it must leave. Domain 7 is the tables'. */
class CacheInvalidationsTest {

    private static final long OTHER_PAGE = 0x55_5000;

    private final SessionFixture second = new SessionFixture(TestTables.secondStage());
    private final SessionFixture first = new SessionFixture(TestTables.firstStage());

    /** Fills the cache, then moves the page in the tables; with the old one kept, the address doesn't move. */
    private static void move(final SessionFixture fixture, final long entry, final long to) {
        assertThat(fixture.address(PASID, IOVA)).isEqualTo(PAGE);
        assertThat(fixture.address(NO_PASID, IOVA)).isEqualTo(PAGE);
        fixture.tables.memory.put(entry, to | fixture.tables.memory.get(entry) & 0xFFF);
        assertThat(fixture.address(PASID, IOVA)).as("stale until invalidated").isEqualTo(PAGE);
    }

    private InvalidationSink movedSecond() {
        move(second, secondEntry(1, IOVA), OTHER_PAGE);
        return second.invalidations;
    }

    private InvalidationSink movedFirst() {
        move(first, firstEntry(1, IOVA), OTHER_PAGE);
        return first.invalidations;
    }

    private static void kept(final SessionFixture fixture) {
        assertThat(fixture.address(PASID, IOVA)).isEqualTo(PAGE);
    }

    private static void dropped(final SessionFixture fixture) {
        assertThat(fixture.address(PASID, IOVA)).isEqualTo(OTHER_PAGE);
    }

    @Test
    void globalDropsEverything() {
        movedSecond().forgetAllTranslations();
        dropped(second);
    }

    @Test
    void domainSelectiveDropsItsDomainOnly() {
        movedSecond().forgetDomain(8);
        kept(second);
        second.invalidations.forgetDomain(7);
        dropped(second);
    }

    @Test
    void pageSelectiveDropsWhatItsRangeCovers() {
        final InvalidationSink sink = movedSecond();
        sink.forgetPages(7, IOVA + 0x1000, 0, false);
        sink.forgetPages(7, IOVA - 0x1000, 0, false);
        sink.forgetPages(8, IOVA, 0, false);
        kept(second);
        sink.forgetPages(7, IOVA & ~0x1FFFL, 1, true);
        dropped(second);
    }

    @Test
    void lowBitsOfTheAddressBelowTheMaskAreIgnored() {
        movedSecond().forgetPages(7, IOVA + 0x7000, 4, false);
        dropped(second);
    }

    @Test
    void aLargePageGoesWhenOneSmallOneInItIsInvalidated() {
        second.tables.memory.put(secondEntry(2, IOVA), 0x80_0083);
        assertThat(second.address(PASID, IOVA)).isEqualTo(0x80_0000 | IOVA & 0x1F_FFFF);
        second.tables.memory.put(secondEntry(2, IOVA), 0xC0_0083);
        second.invalidations.forgetPages(7, IOVA & ~0x1F_FFFFL | 0x11_1000, 0, false);
        assertThat(second.address(PASID, IOVA)).isEqualTo(0xC0_0000 | IOVA & 0x1F_FFFF);
    }

    @Test
    void aMaskOfAllBitsCoversEverything() {
        movedSecond().forgetPages(7, 0, 63, false);
        dropped(second);
    }

    @Test
    void secondStagePagesTakeFirstStageTranslationsOfTheWholeDomainAlong() {
        movedFirst().forgetPages(8, IOVA, 0, false);
        kept(first);
        first.invalidations.forgetPages(7, 0x7777_7000, 0, false);
        dropped(first);
    }

    @Test
    void pasidSelectiveDropsOnlyFirstStageTranslationsOfDomainAndPasid() {
        final InvalidationSink sink = movedFirst();
        sink.forgetPasidTranslations(7, PASID + 1);
        sink.forgetPasidTranslations(8, PASID);
        kept(first);
        sink.forgetPasidTranslations(7, PASID);
        dropped(first);
        assertThat(first.address(NO_PASID, IOVA)).as("another PASID").isEqualTo(PAGE);
        movedSecond().forgetPasidTranslations(7, PASID);
        kept(second);
    }

    @Test
    void requestsWithoutPasidAreInvalidatedByRidPasid() {
        movedFirst().forgetPasidPages(7, RID_PASID, IOVA, 0, true);
        assertThat(first.address(NO_PASID, IOVA)).isEqualTo(OTHER_PAGE);
        kept(first);
    }

    @Test
    void pasidPagesDropWhatTheirRangeCovers() {
        final InvalidationSink sink = movedFirst();
        sink.forgetPasidPages(7, PASID, IOVA + 0x1000, 0, false);
        kept(first);
        sink.forgetPasidPages(7, PASID, IOVA - 0x1000, 1, false);
        dropped(first);
    }

    @Test
    void nestedTranslationsAreOfBothStages() {
        final SessionFixture nested = new SessionFixture(TestTables.nested());
        move(nested, firstEntry(1, IOVA), OTHER_PAGE);
        nested.invalidations.forgetPasidPages(7, PASID, IOVA, 0, true);
        dropped(nested);
        nested.tables.memory.put(firstEntry(1, IOVA), PAGE | 7);
        nested.invalidations.forgetPages(7, 0x7777_7000, 0, false);
        assertThat(nested.address(PASID, IOVA)).isEqualTo(PAGE);
    }

    /** Fills all caches, then makes the context entry not present and drops the translations. */
    private InvalidationSink withoutContext(final SessionFixture fixture, final long entry) {
        kept(fixture);
        fixture.tables.clear(entry, 1);
        fixture.invalidations.forgetAllTranslations();
        return fixture.invalidations;
    }

    private static void blocked(final SessionFixture fixture) {
        assertThat(fixture.address(PASID, IOVA)).isEqualTo(-1);
    }

    @Test
    void contextInvalidationOfADeviceIgnoresMaskedFunctionBits() {
        final InvalidationSink sink = withoutContext(second, SCALABLE_ENTRY);
        sink.forgetContexts(SID | 1, 0);
        sink.forgetContexts(SID | 4, 3);
        kept(second);
        sink.forgetContexts(SID | 7, 7);
        sink.forgetAllTranslations();
        blocked(second);
    }

    @Test
    void globalContextInvalidationDropsAllEntriesAndNoTranslation() {
        kept(second);
        second.tables.clear(SCALABLE_ENTRY, 1);
        second.invalidations.forgetAllContexts();
        kept(second);
        second.invalidations.forgetDomain(7);
        blocked(second);
    }

    @Test
    void anInvalidEntryIsNotKept() {
        second.tables.clear(SCALABLE_ENTRY, 1).clear(PASID_ENTRY, 1);
        blocked(second);
        second.tables.set(SCALABLE_ENTRY, 1);
        blocked(second);
        second.tables.set(PASID_ENTRY, 1);
        kept(second);
    }

    @Test
    void pasidCacheInvalidationDropsEntriesByDomainAndPasidAndNoTranslation() {
        final InvalidationSink sink = withoutContext(second, PASID_ENTRY);
        sink.forgetPasid(7, PASID + 1);
        sink.forgetPasid(8, PASID);
        sink.forgetPasids(8);
        sink.forgetAllContexts();
        kept(second);
        sink.forgetPasid(7, PASID);
        kept(second);
        sink.forgetDomain(7);
        blocked(second);
    }

    @Test
    void pasidCacheInvalidationOfADomainOrOfAllDropsTheEntry() {
        withoutContext(second, PASID_ENTRY).forgetPasids(7);
        blocked(second);
        second.tables.set(PASID_ENTRY, 1);
        withoutContext(second, PASID_ENTRY).forgetAllPasids();
        blocked(second);
    }

    @Test
    void fpdOfKeptEntriesStillSuppresses() {
        second.tables.set(DIRECTORY_ENTRY, 2);
        kept(second);
        second.tables.clear(secondEntry(1, IOVA), 2);
        second.invalidations.forgetAllTranslations();
        assertThat(second.translate(PASID, IOVA, TestTables.WRITE)).isEqualTo(VtdSession.ABORTED);
        assertThat(second.port.words).isEmpty();
    }

    @Test
    void aPageRequestDropsThePageOfItsRequesterAndPasid() {
        movedFirst().pageRequested(SID, NO_PASID, IOVA);
        kept(first);
        first.invalidations.pageRequested(SID, PASID, IOVA + 0x10);
        dropped(first);
    }

    @Test
    void aNewRootTableTakesEffectAtOnce() {
        movedSecond();
        second.update();
        dropped(second);
    }

    @Test
    void deviceTlbInvalidationsReachTheDevices() {
        final List<String> seen = new ArrayList<>();
        second.translator.connect((sourceId, pasid, address, pages) -> {
            seen.add(sourceId + "/" + pasid + "/" + Long.toHexString(address) + "/" + pages);
            return InvalidationSink.TIMED_OUT;
        });
        assertThat(second.invalidations.invalidateDevice(SID, PASID, IOVA, 3)).isEqualTo(InvalidationSink.TIMED_OUT);
        assertThat(seen).containsExactly("264/69/405000/3");
    }

    @Test
    void aWalkThatAnInvalidationOvertookIsNotKept() {
        final TestTables tables = TestTables.firstStage();
        final SessionFixture fixture = new SessionFixture(tables);
        tables.memory.beforeUpdate(() -> fixture.invalidations.forgetDomain(7));
        assertThat(fixture.address(PASID, IOVA)).isEqualTo(PAGE);
        tables.memory.put(firstEntry(1, IOVA), OTHER_PAGE | 7);
        dropped(fixture);
    }

    @Test
    void quiesceWaitsForTransactionsThatBeganBefore() throws InterruptedException {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch leave = new CountDownLatch(1);
        final AtomicBoolean left = new AtomicBoolean();
        final VtdSession other = second.translator.openSession();
        final Thread dma = new Thread(() -> {
            other.begin();
            other.translate(SID, PASID, IOVA, TestTables.READ);
            inside.countDown();
            try {
                leave.await();
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            left.set(true);
            other.end();
        });
        dma.start();
        inside.await();
        second.invalidations.forgetDomain(7);
        leave.countDown();
        second.invalidations.quiesce(Long.MAX_VALUE);
        assertThat(left).isTrue();
        dma.join();
        other.close();
    }
}
