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
package io.viommu.vmm.fuzz;

import java.util.Random;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.AtsSession;
import io.viommu.iommu.DmaSession;
import io.viommu.iommu.VirtualIommu;

/** What a hostile guest knows of one architecture: everything that {@link Fuzzer} can't do without knowing it. */
abstract class Attack {

    /** Addresses that a guest can put anywhere: tables, ROM, nothing, the device's own registers, the ends. */
    private static final long[] PLACES = { MeteredMemory.ROM, MeteredMemory.NOWHERE, HostilePlatform.FRAME, 0,
        MeteredMemory.RAM + MeteredMemory.SIZE - 16, 0x000F_FFFF_FFFF_F000L, 0xFFFF_FFFF_FFFF_F000L };

    final Random random;
    final MeteredMemory memory;
    private long translated;

    Attack(final Random random, final MeteredMemory memory) {
        this.random = random;
        this.memory = memory;
    }

    abstract VirtualIommu iommu();

    abstract AtsSession session();

    /** Forgets what the guest did to the device, which was reset. */
    abstract void begin();

    /** Sets up what a sane guest would: registers, queues, tables that translate. It goes wrong from there. */
    abstract void boot();

    /** Writes a table entry or two that look like the real thing, mostly. */
    abstract void plantTables();

    /** Gives a queue a size and a place, enables things, or disables them. */
    abstract void configure();

    /** Writes commands into their queue and moves its index, mostly to where they end. */
    abstract void command();

    /** An offset worth accessing. */
    abstract long register();

    /** A device that the tables may know. */
    abstract int device();

    /** Fills the words of a raw physical fault. */
    abstract void raw(FaultRecord record);

    /** An access that is not a DMA: an interrupt message of a device, where there are such. */
    abstract void message();

    /** What a guest's interrupt handler does. */
    abstract void handleInterrupt(Random choice);

    /** How many entries of the command queue a register write may make the device take. */
    abstract long queueEntries();

    final boolean one(final int in) {
        return random.nextInt(in) == 0;
    }

    final long page() {
        return one(8)
                ? PLACES[random.nextInt(PLACES.length)]
                : MeteredMemory.RAM + (random.nextLong() & MeteredMemory.SIZE - 1 & -4096L);
    }

    final long value() {
        return switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> -1L;
            case 2 -> 1L << random.nextInt(64);
            case 3 -> random.nextInt(0x2_0000);
            case 4 -> page() | random.nextInt(32);
            default -> random.nextLong();
        };
    }

    /** A word of a structure: as it should be, with a bit flipped, or anything. */
    final long word(final long right) {
        return switch (random.nextInt(12)) {
            case 0 -> right ^ 1L << random.nextInt(64);
            case 1 -> random.nextLong();
            default -> right;
        };
    }

    final void write(final long offset, final int size, final long value) {
        iommu().write(offset, size, size == 4 ? value & 0xFFFF_FFFFL : value);
    }

    final int pasid() {
        return one(3) ? random.nextInt(one(8) ? 1 << 20 : 8) : DmaSession.NO_PASID;
    }

    final long input() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong();
            case 1 -> -1L - random.nextInt(1 << 20);
            case 2 -> page();
            default -> random.nextInt(1 << 22);
        };
    }

    final void dma() {
        final AtsSession session = session();
        session.begin();
        try {
            for (int accesses = 1 + random.nextInt(3); accesses > 0; accesses--) {
                if (one(6)) {
                    session.requestTranslation(device(), pasid(), input(), random.nextInt(8));
                } else {
                    translate(session);
                }
            }
        } finally {
            session.end();
        }
    }

    private void translate(final AtsSession session) {
        final long input = input();
        if (session.translate(device(), pasid(), input, random.nextInt(one(4) ? 16 : 8)) == DmaSession.OK
                && session.address() != input) {
            translated++;
        }
    }

    final long translated() {
        return translated;
    }

    /** A fault of the host: any kind, with or without a PASID, live or of a log. */
    final void fault(final FaultRecord record, final long cookie) {
        record.source(3).cookie(cookie).hostDevice(random.nextInt()).guestDevice(device())
                .asReported(random.nextBoolean());
        if (one(2)) {
            record.pasid(random.nextInt(1 << 20));
        }
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> raw(record);
            case 3 -> record.kind(FaultKind.GENERIC).word(0, random.nextInt(10) | (long) random.nextInt(8) << 32)
                    .word(1, random.nextInt(16)).word(2, input()).word(3, page());
            case 4, 5 -> record.kind(FaultKind.PAGE_REQUEST)
                    .word(0, random.nextInt(4) | (long) random.nextInt(one(4) ? 1 << 16 : 16) << 32)
                    .word(1, random.nextInt(16)).word(2, input()).word(3, random.nextLong());
            case 6 -> record.kind(one(50) ? FaultKind.LOST_EVENTS : FaultKind.VTD_FAULT).word(0, 1 + random.nextInt(9));
            default -> record.kind(1 + random.nextInt(255)).word(0, value()).word(1, value()).word(2, value())
                    .word(3, value());
        }
    }
}
