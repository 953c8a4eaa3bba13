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
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;

import io.viommu.interrupt.InterruptSink;

/**
 * The vCPUs of a guest, as far as they get in each other's way: they are stopped for a reset, and interrupts are handled
 * at once, on whatever thread raises them, by accesses to the same registers.
 */
final class ChaosGuest implements InterruptSink {

    private static final int DEEPEST = 3;

    private final ChaosRandom random;
    private final ReadWriteLock running = new ReentrantReadWriteLock();
    private final ThreadLocal<Integer> depth = ThreadLocal.withInitial(() -> 0);
    private final ThreadLocal<Attack> handlers;
    private volatile boolean quiet;

    /** The handler's knowledge is made for each thread that runs it. */
    ChaosGuest(final ChaosRandom random, final Function<Random, Attack> maker) {
        this.random = random;
        this.handlers = ThreadLocal
                .withInitial(() -> maker.apply(random.of("handler on " + Thread.currentThread().getName())));
    }

    /** Does something on a vCPU. */
    void vcpu(final Runnable access) {
        locked(running.readLock(), access);
    }

    /** Does something while no vCPU is in the device. */
    void stopped(final Runnable reset) {
        locked(running.writeLock(), reset);
    }

    /** Interrupts are ignored from now on. */
    void beQuiet() {
        quiet = true;
    }

    private static void locked(final Lock lock, final Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean message(final long address, final int data) {
        final long offset = address - HostilePlatform.FRAME;
        if (offset >= 0 && offset < HostilePlatform.FRAME_SIZE) {
            handle(attack -> attack.iommu().write(offset, Integer.BYTES, data & 0xFFFF_FFFFL));
            return true;
        }
        handle(attack -> attack.handleInterrupt(attack.random));
        return random.get().nextInt(16) != 0;
    }

    @Override
    public void line(final int line, final boolean level) {
        if (level) {
            handle(attack -> attack.handleInterrupt(attack.random));
        }
    }

    /** A vCPU that is stopped takes no interrupt; it isn't waited for. */
    private void handle(final Consumer<Attack> handler) {
        final RandomGenerator choice = random.get();
        final int now = depth.get();
        if (quiet || now >= DEEPEST || choice.nextInt(4) == 0 || !running.readLock().tryLock()) {
            return;
        }
        depth.set(now + 1);
        try {
            handler.accept(handlers.get());
        } finally {
            depth.set(now);
            running.readLock().unlock();
        }
    }
}
