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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BooleanSupplier;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * Drives one vIOMMU with random operations of a seed, whatever its architecture. After each operation: nothing was
 * thrown, and the device touched memory no more often than {@link #CALL} times, {@link #ENTRY} more for each entry of
 * the command queue that the call may have emptied, as often as it may look again. From time to time: every fault that
 * went in has ended in exactly one way, and none because the model failed.
 */
final class Fuzzer {

    /** Memory accesses that any call may make: several nested walks, and all records that may wait for room. */
    static final long CALL = 1_024;
    /** Memory accesses for each entry of a queue: fetch, completion, a record about it. */
    static final long ENTRY = 4;
    /** How often a device may go through its queue in one call, as interrupts make the guest post more. */
    static final long LOOKS = 65;
    private static final int CHECK_EVERY = 10_000;

    private final Attack attack;
    private final MeteredMemory memory;
    private final HostilePlatform platform;
    private final CountedIommu iommu;
    private final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "fuzz");
    private final FaultPipeline pipeline;
    private final FaultRecord record = new FaultRecord();
    private long operation;
    private long published;
    private long cookie;
    private long most;
    private long slowest;

    Fuzzer(final Attack attack, final MeteredMemory memory, final HostilePlatform platform) {
        this.attack = attack;
        this.memory = memory;
        this.platform = platform;
        this.iommu = new CountedIommu(attack.iommu());
        platform.attack(attack);
        this.pipeline = new FaultPipeline(new PipelineSettings("fuzz", 64, InjectorMode.RUN_TO_COMPLETION), iommu,
                account, FaultObserver.NONE);
    }

    /** Makes operations; says which one did wrong if one did. */
    void run(final long operations) {
        operation = 0;
        while (operation < operations) {
            step();
            if (operation % CHECK_EVERY == 1) {
                checkAccounts();
            }
        }
        attack.iommu().reset();
        checkAccounts();
        pipeline.close();
    }

    /** Makes operations on a device that was just reset, with a guest's memory of zeros, as long as there are choices. */
    void replay(final BooleanSupplier choices) {
        memory.clear();
        attack.begin();
        attack.iommu().reset();
        operation = 0;
        while (choices.getAsBoolean()) {
            step();
        }
        attack.iommu().reset();
        checkAccounts();
    }

    private void step() {
        final int choice = attack.random.nextInt(64);
        final long before = memory.accesses();
        final long allowed = CALL + LOOKS * ENTRY * attack.queueEntries();
        final long began = System.nanoTime();
        try {
            operate(choice);
        } catch (final RuntimeException | AssertionError | StackOverflowError thrown) {
            throw new AssertionError("operation " + operation + " (" + choice + ") was not taken", thrown);
        }
        slowest = Math.max(slowest, System.nanoTime() - began);
        final long made = memory.accesses() - before;
        most = Math.max(most, made);
        assertThat(made).as("memory accesses of operation %d (%d)", operation, choice).isLessThanOrEqualTo(
                Math.max(allowed, CALL + LOOKS * ENTRY * attack.queueEntries()));
        operation++;
    }

    private void operate(final int choice) {
        if (choice == 0 && attack.one(4)) {
            attack.boot();
        } else if (choice < 6) {
            attack.plantTables();
        } else if (choice < 12) {
            attack.configure();
        } else if (choice < 22) {
            attack.command();
        } else if (choice < 25) {
            attack.iommu().write(attack.register(), 1 << attack.random.nextInt(4), attack.value());
        } else if (choice < 30) {
            attack.iommu().read(attack.one(8) ? attack.random.nextLong() : attack.register(),
                    1 << attack.random.nextInt(4));
        } else if (choice < 50) {
            attack.dma();
        } else if (choice < 60) {
            inject();
        } else if (choice < 62) {
            attack.message();
        } else if (choice < 63 || !attack.one(32)) {
            memory.poke(attack.random.nextLong(), attack.value());
        } else {
            attack.iommu().reset();
        }
    }

    private void inject() {
        for (int left = attack.one(64) ? 100 : 1; left > 0; left--) {
            final long claim = pipeline.claim(record);
            attack.fault(record, cookie++);
            pipeline.publish(claim);
            published++;
        }
        pipeline.flush();
    }

    /** read = delivered + dropped with the guest told + host's own + answered in its place + rejected, and no more. */
    private void checkAccounts() {
        pipeline.flush();
        assertThat(pipeline.inFlight()).isZero();
        assertThat(account.settled()).isEqualTo(published + iommu.sent());
        assertThat(account.count(FaultDisposition.MODEL_FAILURE)).isZero();
    }

    /** One line about what happened. */
    String report() {
        final StringBuilder line = new StringBuilder();
        for (final FaultDisposition disposition : FaultDisposition.values()) {
            if (account.count(disposition) != 0) {
                line.append(' ').append(disposition.name().toLowerCase()).append('=')
                        .append(account.count(disposition));
            }
        }
        return "translated " + translated() + ", faults " + (published + iommu.sent()) + ", answers "
                + platform.answers() + ", most accesses of a call "
                + most + ", slowest call " + slowest / 1000 + " us;" + line;
    }

    /** How many faults ended so: a fuzzer that gets nowhere finds nothing. */
    long count(final FaultDisposition disposition) {
        return account.count(disposition);
    }

    /** How many accesses the guest's tables let through, translated to somewhere. */
    long translated() {
        return attack.translated();
    }
}
