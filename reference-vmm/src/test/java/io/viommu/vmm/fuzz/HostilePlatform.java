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

import java.util.BitSet;
import java.util.Random;
import java.util.function.Consumer;

import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.HostIommu;

/**
 * What a VMM gives, at its most inconvenient: interrupts make the guest write registers at once, from within the
 * device's own call; messages that a guest aimed at the device's registers get there; and some messages abort. Answers
 * to recoverable faults are checked to come at most once each.
 */
final class HostilePlatform implements InterruptSink, HostIommu {

    /** Where the device's registers lie in the guest's address space. */
    static final long FRAME = 0x0900_0000L;
    static final long FRAME_SIZE = 0x2_0000;
    private static final int DEEPEST = 4;

    private final Random random;
    private final BitSet answered = new BitSet();
    private Consumer<Random> handler = ignored -> {
    };
    private Attack attack;
    private int depth;
    private long answers;

    HostilePlatform(final Random random) {
        this.random = random;
    }

    void attack(final Attack newAttack) {
        attack = newAttack;
        handler = newAttack::handleInterrupt;
    }

    long answers() {
        return answers;
    }

    boolean answered(final long cookie) {
        return answered.get((int) cookie);
    }

    @Override
    public boolean message(final long address, final int data) {
        if (depth < DEEPEST && address >= FRAME && address < FRAME + FRAME_SIZE) {
            depth++;
            attack.iommu().write(address - FRAME, 4, data & 0xFFFF_FFFFL);
            depth--;
            return true;
        }
        interrupt();
        return random.nextInt(16) != 0;
    }

    @Override
    public void line(final int line, final boolean level) {
        if (level) {
            interrupt();
        }
    }

    private void interrupt() {
        if (depth < DEEPEST && random.nextInt(4) == 0) {
            depth++;
            handler.accept(random);
            depth--;
        }
    }

    @Override
    public void respond(final int source, final long cookie, final int code) {
        if (answered.get((int) cookie)) {
            throw new AssertionError("cookie " + cookie + " was answered twice");
        }
        answered.set((int) cookie);
        answers++;
    }
}
