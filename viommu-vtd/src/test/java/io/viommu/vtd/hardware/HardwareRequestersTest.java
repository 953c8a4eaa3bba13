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

package io.viommu.vtd.hardware;

import static io.viommu.vtd.TestTables.FIRST;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.RID_ENTRY;
import static io.viommu.vtd.TestTables.RID_PASID;
import static io.viommu.vtd.TestTables.SCALABLE_ENTRY;
import static io.viommu.vtd.TestTables.SID;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.NestedRequesters;
import io.viommu.vtd.DmaGuest;
import io.viommu.vtd.TestTables;

/** What the hardware of a passed-through device is told, by what a guest writes into its queue. */
class HardwareRequestersTest {

    private static final long QUEUE = 0x8_0000;
    private static final String TABLE = Long.toHexString(FIRST + 0x4000);

    private final List<String> calls = new ArrayList<>();
    private final List<String> answers = new ArrayList<>();
    private boolean refuse;
    private boolean tellsSettling;
    private final List<String> settling = new CopyOnWriteArrayList<>();
    private long tail;
    private final DmaGuest guest = new DmaGuest(TestTables.firstStage(), "accel=on", new Hardware(), unit -> {
        unit.writeq(0x90, QUEUE | 1 << 11);
        unit.command(1L << 26);
    });

    /** One requester of the host's, 01:01.0. */
    private final class Hardware implements HostIommu, NestedRequesters {
        @Override
        public NestedRequesters requesters() {
            return this;
        }

        @Override
        public void respond(final int source, final long cookie, final int code) {
            answers.add(cookie + ":" + code);
        }

        @Override
        public boolean owns(final int requester) {
            return requester == SID;
        }

        @Override
        public void forEach(final IntConsumer action) {
            action.accept(SID);
        }

        @Override
        public boolean install(final int requester, final int pasid, final long table, final int width,
                final long flags) {
            calls.add("install " + pasid + " " + Long.toHexString(table) + " " + width + " " + flags);
            return !refuse;
        }

        @Override
        public void remove(final int requester, final int pasid) {
            calls.add("remove " + pasid);
        }

        @Override
        public boolean invalidate(final int requester, final int pasid, final long address, final long pages,
                final boolean leafOnly) {
            calls.add("invalidate " + pasid + " " + Long.toHexString(address) + " " + pages + " " + leafOnly);
            return true;
        }

        @Override
        public void settle() {
            settling.add(Thread.currentThread().getName());
            if (tellsSettling) {
                calls.add("settle");
            }
        }
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void submit(final long word0, final long word1) {
        guest.tables.memory.put(QUEUE + tail, word0, word1, 0, 0);
        tail += 32;
        guest.writel(0x88, tail);
        assertThat(guest.readq(0x80)).isEqualTo(tail);
    }

    private List<String> take() {
        final List<String> result = List.copyOf(calls);
        calls.clear();
        return result;
    }

    private void pasidChanged(final int pasid) {
        submit(7 | 1 << 4 | 7 << 16 | (long) pasid << 32, 0);
    }

    @Test
    void switchingTranslationOnInstallsTheEntryOfRequestsWithoutPasid() {
        assertThat(take()).startsWith("install -1 " + TABLE + " 48 0");
        guest.writel(0x18, 1 << 26);
        assertThat(take()).containsExactly("remove -1");
    }

    @Test
    void aPasidEntryIsInstalledReplacedAndRemovedAsTheGuestInvalidatesIt() {
        take();
        pasidChanged(PASID);
        assertThat(take()).containsExactly("install " + PASID + " " + TABLE + " 48 0");
        pasidChanged(PASID);
        assertThat(take()).as("nothing has changed").isEmpty();
        guest.tables.set(PASID_ENTRY + 16, 0x91 | 1 << 2);
        pasidChanged(PASID);
        assertThat(take()).containsExactly("install " + PASID + " " + TABLE + " 57 7");
        guest.tables.clear(PASID_ENTRY, 1);
        pasidChanged(PASID);
        assertThat(take()).containsExactly("remove " + PASID);
    }

    @Test
    void ridPasidIsTheEntryOfRequestsWithoutPasidToo() {
        take();
        guest.tables.clear(RID_ENTRY, 1);
        pasidChanged(RID_PASID);
        assertThat(take()).containsExactly("remove -1");
    }

    @Test
    void whatTheHardwareRefusesIsTriedAgainOnlyWhenTheGuestSaysSo() {
        take();
        refuse = true;
        pasidChanged(PASID);
        refuse = false;
        assertThat(take()).hasSize(1);
        submit(6 | 2 << 4 | 7 << 16 | (long) PASID << 32, 0);
        assertThat(take()).as("nothing installed, nothing to invalidate").isEmpty();
        pasidChanged(PASID);
        assertThat(take()).hasSize(1);
    }

    @Test
    void secondStageAndPassThroughAreNotGivenToTheHardware() {
        take();
        guest.tables.memory.put(PASID_ENTRY, TestTables.SECOND + 0x4000 | 2 << 6 | 2 << 2 | 1);
        pasidChanged(PASID);
        guest.tables.memory.put(PASID_ENTRY, 4 << 6 | 1);
        pasidChanged(PASID);
        assertThat(take()).isEmpty();
    }

    @Test
    void aContextEntryThatGoesTakesAllItsPasidsAlong() {
        pasidChanged(PASID);
        take();
        guest.tables.clear(SCALABLE_ENTRY, 1);
        submit(1 | 3 << 4 | (SID + 8L) << 32, 0);
        assertThat(take()).as("another device").isEmpty();
        submit(1 | 3 << 4 | (long) SID << 32, 0);
        assertThat(take()).containsExactlyInAnyOrder("remove -1", "remove " + PASID);
    }

    @Test
    void invalidationsOfAllPasidsLookTheInstalledOnesUp() {
        pasidChanged(PASID);
        take();
        guest.tables.clear(PASID_ENTRY, 1);
        submit(7 | 7 << 16, 0);
        assertThat(take()).containsExactly("remove " + PASID);
        guest.tables.clear(RID_ENTRY, 1);
        submit(7 | 3 << 4, 0);
        assertThat(take()).containsExactly("remove -1");
    }

    @Test
    void pageInvalidationsGoOnForDomainAndPasid() {
        pasidChanged(PASID);
        take();
        submit(6 | 3 << 4 | 7 << 16 | (long) PASID << 32, IOVA & ~0xFFFL | 1 << 6 | 2);
        assertThat(take()).containsExactly("invalidate " + PASID + " 404000 4 true");
        submit(6 | 3 << 4 | 7 << 16 | (long) RID_PASID << 32, IOVA & ~0xFFFL);
        assertThat(take()).containsExactly("invalidate -1 405000 1 false");
        submit(6 | 2 << 4 | 8 << 16 | (long) PASID << 32, 0);
        assertThat(take()).as("another domain").isEmpty();
        submit(6 | 2 << 4 | 7 << 16 | (long) PASID << 32, 0);
        assertThat(take()).containsExactly("invalidate " + PASID + " 0 -1 false");
    }

    @Test
    void iotlbInvalidationsTakeTheWholeFirstStageOfTheDomain() {
        pasidChanged(PASID);
        for (final long word0 : new long[]{ 2 | 1 << 4, 2 | 2 << 4 | 7 << 16, 2 | 3 << 4 | 7 << 16 }) {
            take();
            submit(word0, 0);
            assertThat(take()).containsExactlyInAnyOrder("invalidate -1 0 -1 false",
                    "invalidate " + PASID + " 0 -1 false");
        }
        submit(2 | 2 << 4 | 8 << 16, 0);
        assertThat(take()).as("another domain").isEmpty();
    }

    @Test
    void aWaitEndsWhenTheHardwareIsDone() {
        take();
        tellsSettling = true;
        submit(6 | 2 << 4 | 7 << 16 | (long) RID_PASID << 32, 0);
        assertThat(take()).containsExactly("invalidate -1 0 -1 false");
        submit(5 | 1 << 5 | 0x77L << 32, 0xA_0000);
        assertThat(take()).containsExactly("settle");
        assertThat(guest.tables.memory.get(0xA_0000) & 0xFFFF_FFFFL).isEqualTo(0x77);
    }

    @Test
    void aDeviceThatComesLaterIsToldOf() {
        take();
        guest.unit.passedThrough(SID);
        assertThat(take()).containsExactly("install -1 " + TABLE + " 48 0");
    }

    /** Others may wait for the sender of a message, so it doesn't wait for the hardware. */
    @Test
    void hardwareIsWaitedForByAnotherThreadThanTheSenderOfAMessage() throws InterruptedException {
        settling.clear();
        guest.messages.handler = () -> {
            guest.messages.handler = () -> {
            };
            guest.tables.memory.put(QUEUE, 2 | 2 << 4 | 7 << 16, 0, 0, 0);
            guest.tables.memory.put(QUEUE + 32, 5 | 1 << 6, 0, 0, 0);
            guest.writel(0x88, 64);
            assertThat(settling).isEmpty();
        };
        guest.unit.deviceMessage(8, 0xFEE0_0000L, 0x51);
        for (int i = 0; i < 10_000 && guest.readq(0x80) != 64; i++) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThat(guest.readq(0x80)).as("IQH").isEqualTo(64);
        assertThat(settling).containsOnly("intel-iommu-drain");
    }

    /** The kernel answers what it detaches, and may use the cookie again: a late answer must not reach it. */
    @Test
    void openPageRequestsOfAnEntryThatGoesAreForgotten() {
        guest.tables.set(SCALABLE_ENTRY, 1 << 4);
        submit(1 | 3 << 4 | (long) SID << 32, 0);
        guest.writeq(0xD0, 0x9_0000);
        pasidChanged(PASID);
        final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);
        for (int group = 1; group <= 2; group++) {
            record.clear();
            record.kind(FaultKind.PAGE_REQUEST).guestDevice(SID).cookie(100 + group)
                    .word(0, GenericFault.REQUEST_LAST_PAGE | (long) group << 32).word(1, 1).word(2, IOVA);
            if (group == 1) {
                record.pasid(PASID);
            }
            assertThat(guest.unit.inject(record)).isEqualTo(FaultDisposition.DELIVERED);
        }
        guest.tables.clear(PASID_ENTRY, 1);
        pasidChanged(PASID);
        submit(9 | 1 << 4 | SID << 16 | (long) PASID << 32, 1 << 3);
        submit(9 | SID << 16, 2 << 3);
        assertThat(answers).containsExactly("102:0");
    }
}
