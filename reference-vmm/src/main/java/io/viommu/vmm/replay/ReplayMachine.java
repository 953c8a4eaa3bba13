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

package io.viommu.vmm.replay;

import java.lang.foreign.Arena;
import java.util.Map;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultPort;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vmm.guest.DmarDriver;
import io.viommu.vmm.guest.GuestDriver;
import io.viommu.vmm.guest.GuestInterrupts;
import io.viommu.vmm.guest.GuestPages;
import io.viommu.vmm.guest.Smmuv3Driver;

/**
 * A machine with nothing in it but RAM, a vIOMMU with its pipeline, interrupts, and a guest that consists of the
 * vIOMMU's driver: all that a fault needs to get from the host to the guest's software.
 */
final class ReplayMachine implements AutoCloseable {

    /** Room for the drivers' tables, twice: what is aligned to its size may leave as much unused. */
    private static final long TABLES = 16L << 20;
    private static final long EVENT_LENGTH = 32;
    /** Where QEMU's virt machine has its RAM and the doorbell of its GICv2m. */
    private static final long VIRT_RAM = 0x4000_0000L;
    private static final long VIRT_DOORBELL = 0x0802_0040L;
    private static final long PC_RAM = 0x0010_0000L;
    /** A PC's local APICs take messages from 0xFEE00000 on; this is the one of CPU 0. */
    private static final long PC_DOORBELL = 0xFEE0_0000L;

    private final MachineKind kind;
    private final Arena memory = Arena.ofShared();
    private final GuestInterrupts interrupts;
    private final AnsweringHost host = new AnsweringHost();
    private final FaultAccount account;
    private final FaultPipeline pipeline;
    private final GuestDriver driver;
    private final GuestRoom room;
    private final SettlementLane settled;
    private final FetchLane fetched;
    private final GuestConsole console;
    private final Closing closing = new Closing("machine");

    /**
     * Builds and boots the machine.
     *
     * @param kind     which one.
     * @param setup    how it is set up.
     * @param counters where it counts.
     * @param console  takes what its kernel prints.
     * @throws IllegalStateException in one sentence, if the guest's driver can't start.
     */
    ReplayMachine(final MachineKind kind, final MachineSetup setup, final CounterFile counters,
            final GuestConsole console) {
        this.kind = kind;
        this.console = console;
        final boolean isVirt = kind == MachineKind.VIRT;
        final long ram = isVirt ? VIRT_RAM : PC_RAM;
        final GuestRam guestMemory = new GuestRam();
        final long ramSize = TABLES + 2 * setup.guestQueue() * EVENT_LENGTH;
        guestMemory.addRegion(ram, memory.allocate(ramSize, 4096));
        this.interrupts = new GuestInterrupts(isVirt ? VIRT_DOORBELL : PC_DOORBELL);
        final VirtualIommu iommu = IommuModels.create(kind.model(), properties(setup),
                new IommuPlatform(guestMemory, interrupts, host));
        this.room = setup.metered() ? new GuestRoom(0) : null;
        this.settled = new SettlementLane(setup.reportRoom(), room);
        this.fetched = new FetchLane(setup.reportRoom(), room);
        this.account = new FaultAccount(counters, kind.text());
        this.pipeline = new FaultPipeline(PipelineSettings.named(kind.text()).mode(setup.injector()), iommu, account,
                settled);
        console.sendTo(fetched);
        final GuestPages pages = new GuestPages(guestMemory, ram, ramSize);
        this.driver = isVirt
                ? new Smmuv3Driver(iommu, interrupts, pages, setup.log2Events(), console, console)
                : new DmarDriver(iommu, interrupts, pages, console, console);
        driver.start();
        if (room != null) {
            room.give(driver.room());
        }
    }

    private Map<String, String> properties(final MachineSetup setup) {
        if (kind == MachineKind.VIRT) {
            // No endpoint here does ATS, so what a device did wrong with it is the host's to know.
            return Map.of("stall", "on", "ats", "off");
        }
        return setup.guestQueue() == 0 ? Map.of() : Map.of("fault-records", Integer.toString(setup.guestQueue()));
    }

    MachineKind kind() {
        return kind;
    }

    FaultPort port() {
        return pipeline;
    }

    FaultAccount account() {
        return account;
    }

    GuestDriver driver() {
        return driver;
    }

    /** What its queue has room for; null if it may overflow. */
    GuestRoom room() {
        return room;
    }

    SettlementLane settled() {
        return settled;
    }

    FetchLane fetched() {
        return fetched;
    }

    GuestConsole console() {
        return console;
    }

    long interruptsRaised() {
        return interrupts.raised();
    }

    /** Stalled transactions that the guest answered and whose answer reached the host. */
    long answers() {
        return host.answers();
    }

    /** Waits until all that was published has been injected. */
    void settle() {
        pipeline.awaitInjected();
    }

    @Override
    public void close() {
        closing.close(Worker.isCurrent(), () -> Closing.all(pipeline::close, driver::close, memory::close));
    }
}
