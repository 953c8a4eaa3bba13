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

package io.viommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.viommu.interrupt.InterruptRoute;

/** Where messages go that the VMM has delivered by itself, told before the guest's commands complete (VT-d 6.5.2.8). */
class InterruptRoutesTest {

    private static final long TABLE = 0x8_0000;
    private static final long QUEUE = 0xA_0000;
    private static final long DESCRIPTOR = 0x9_0000;
    private static final long STATUS = 0xB_0000;
    /** Remappable, index 5. */
    private static final long MESSAGE = 0xFEE0_00B0L;
    private static final long ENTRY = TABLE + 5 * 16;
    private static final long VECTOR_55_CPU_2 = 0x0200_0055_0001L;
    private static final long VECTOR_66_CPU_3 = 0x0300_0066_0001L;
    private static final long INVALIDATE_ALL_INTERRUPTS = 0x4;
    private static final long INVALIDATE_INDEX_5 = 0x5_0000_0014L;
    private static final long WAIT = 0x1_0000_0025L;

    private final DmaGuest guest = new DmaGuest(TestTables.legacy(), "", guest -> {
        guest.writeq(0xB8, TABLE | 7);
        guest.command(1L << 24);
        guest.command(1L << 25);
        guest.writeq(0x90, QUEUE);
        guest.command(1L << 26);
    });
    private final List<String> told = new ArrayList<>();
    private long tail;

    /** A route that writes down what it is told, and whether the guest's wait had completed by then. */
    private final class Route implements InterruptRoute {
        private final long address;

        Route(final long address) {
            this.address = address;
        }

        @Override
        public int requesterId() {
            return TestTables.SID;
        }

        @Override
        public long address() {
            return address;
        }

        @Override
        public int data() {
            return 0;
        }

        private void tell(final String what) {
            told.add(guest.tables.memory.get(STATUS) == 0 ? what : what + " too late");
        }

        @Override
        public void resolved(final long to, final int what) {
            tell(Long.toHexString(to) + ":" + Integer.toHexString(what));
        }

        @Override
        public void unresolved() {
            tell("unresolved");
        }

        @Override
        public void settled() {
            tell("settled");
        }
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private List<String> take() {
        final List<String> result = List.copyOf(told);
        told.clear();
        return result;
    }

    /** Queues an invalidation and a wait that writes 1 to STATUS. */
    private void invalidate(final long descriptor) {
        guest.tables.memory.put(STATUS, 0);
        guest.tables.memory.put(QUEUE + tail, descriptor, 0, WAIT, STATUS);
        tail += 32;
        guest.writeq(0x88, tail);
        assertThat(guest.tables.memory.get(STATUS)).as("the wait has completed").isEqualTo(1);
    }

    @Test
    void aRouteIsResolvedByItsEntryAndAnewBeforeTheWaitCompletes() {
        guest.tables.memory.put(ENTRY, VECTOR_55_CPU_2, 0);
        guest.unit.add(new Route(MESSAGE));
        assertThat(take()).containsExactly("fee02000:4055", "settled");
        guest.tables.memory.put(ENTRY, VECTOR_66_CPU_3, 0);
        assertThat(take()).as("before it was invalidated").isEmpty();
        invalidate(INVALIDATE_INDEX_5);
        assertThat(take()).containsExactly("fee03000:4066", "settled");
        guest.tables.memory.put(ENTRY, VECTOR_55_CPU_2, 0);
        invalidate(INVALIDATE_ALL_INTERRUPTS);
        assertThat(take()).containsExactly("fee02000:4055", "settled");
    }

    @Test
    void aBlockedMessageIsUnresolvedAndRecordsNoFaultUntilItIsSent() {
        guest.tables.memory.put(ENTRY, VECTOR_55_CPU_2, 0);
        guest.unit.add(new Route(MESSAGE));
        guest.tables.memory.put(ENTRY, 0, 0);
        invalidate(INVALIDATE_INDEX_5);
        assertThat(take()).containsExactly("fee02000:4055", "settled", "unresolved", "settled");
        assertThat(guest.record(0)).isNull();
        guest.unit.deviceMessage(TestTables.SID, MESSAGE, 0);
        assertThat(guest.record(0)).startsWith("80000022");
    }

    @Test
    void anEntryOfAnotherSourceIsUnresolved() {
        guest.tables.memory.put(ENTRY, VECTOR_55_CPU_2, 0x4_0109);
        guest.unit.add(new Route(MESSAGE));
        assertThat(take()).containsExactly("unresolved", "settled");
    }

    @Test
    void aPostedInterruptIsUnresolvedAndNotPosted() {
        guest.tables.memory.put(ENTRY, 0x55_8001L | DESCRIPTOR << 32, 0);
        guest.unit.add(new Route(MESSAGE));
        assertThat(take()).containsExactly("unresolved", "settled");
        for (int i = 0; i < 5; i++) {
            assertThat(guest.tables.memory.get(DESCRIPTOR + 8L * i)).as("word %d of the descriptor", i).isZero();
        }
    }

    @Test
    void switchingRemappingOffAndOnResolvesRoutes() {
        guest.tables.memory.put(ENTRY, VECTOR_55_CPU_2, 0);
        guest.unit.add(new Route(MESSAGE));
        take();
        guest.unit.write(0x18, 4, guest.unit.read(0x1C, 4) & 0x96FF_FFFFL & ~(1L << 25));
        assertThat(take()).as("the message as it is").containsExactly("fee000b0:0", "settled");
        guest.command(1L << 25);
        assertThat(take()).containsExactly("fee02000:4055", "settled");
    }

    @Test
    void allRoutesAreToldBeforeAnyIsSettled() {
        guest.tables.memory.put(ENTRY, VECTOR_55_CPU_2, 0, VECTOR_66_CPU_3, 0);
        guest.unit.add(new Route(MESSAGE));
        guest.unit.add(new Route(MESSAGE + 0x20));
        take();
        invalidate(INVALIDATE_ALL_INTERRUPTS);
        assertThat(take()).containsExactly("fee02000:4055", "fee03000:4066", "settled", "settled");
    }

    @Test
    void aRemovedRouteIsToldNothing() {
        guest.tables.memory.put(ENTRY, VECTOR_55_CPU_2, 0);
        final Route route = new Route(MESSAGE);
        guest.unit.add(route);
        guest.unit.remove(route);
        take();
        invalidate(INVALIDATE_ALL_INTERRUPTS);
        assertThat(take()).isEmpty();
    }
}
