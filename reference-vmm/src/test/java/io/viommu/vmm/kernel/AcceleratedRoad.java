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
package io.viommu.vmm.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.iommufd.Ioas;
import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.iommufd.IommufdRig;
import io.viommu.bridge.iommufd.nested.SmmuPassthrough;
import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * An SMMUv3 with accel=on over a kernel's iommufd: a guest's commands in its own queue attach and detach the device, and
 * reach the hardware. The same for the fake kernel and for a real one.
 */
@Timeout(120)
public abstract class AcceleratedRoad {

    private static final int SID = 7;
    private static final long RAM = 0x0100_0000L;
    private static final long COMMANDS = 0;
    private static final long EVENTS = 0x1_0000;
    private static final long STREAMS = 0x2_0000;
    private static final long CONTEXTS = 0x3_0000;
    private static final int LOG2 = 6;
    private static final long S1 = 0x1 | 5 << 1;
    private static final int CMDQ_PROD = 0x98;
    private static final int CMDQ_CONS = 0x9C;
    private static final int EVENTQ_PROD = 0x1_00A8;

    private final IommufdRig rig;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment ram = arena.allocate(1 << 20, 4096);
    private Iommufd iommufd;
    private IommufdRig.Device device;
    private SmmuPassthrough passthrough;
    private FaultPipeline pipeline;
    private FaultReader reader;
    private VirtualIommu iommu;
    private int given;

    AcceleratedRoad(final IommufdRig rig) {
        this.rig = rig;
    }

    @BeforeEach
    void guest() {
        iommufd = Iommufd.open(rig.kernel());
        final Ioas ioas = iommufd.ioas();
        ioas.map(ram, RAM);
        device = rig.device(ioas);
        passthrough = new SmmuPassthrough("smmu", ioas.nestParent(device.id()), device.id(), 16, 1);
        final GuestRam memory = new GuestRam();
        memory.addRegion(RAM, ram);
        final InterruptSink deaf = new InterruptSink() {
            @Override
            public boolean message(final long address, final int data) {
                return true;
            }

            @Override
            public void line(final int line, final boolean level) {
                // the test looks by itself
            }
        };
        passthrough.add(SID, device);
        iommu = IommuModels.create("smmuv3", Map.of("accel", "on", "stall", "on"),
                new IommuPlatform(memory, deaf, passthrough.host()));
        final CounterFile counters = CounterFile.inMemory();
        final FaultObserver observer = new UnroutedAnswers(passthrough.host(), FaultObserver.NONE);
        pipeline = new FaultPipeline(PipelineSettings.named("smmu").mode(InjectorMode.RUN_TO_COMPLETION), iommu,
                new FaultAccount(counters, "smmu"), observer);
        final FaultRouter router = new FaultRouter();
        reader = new FaultReader("accel", new FaultIngress("accel", router, counters, observer),
                ReaderSettings.DEFAULT, source -> {
                });
        reader.start();
        passthrough.start(reader, router, pipeline);
        start();
    }

    private void start() {
        given = 0;
        iommu.write(0x80, 8, RAM + STREAMS);
        iommu.write(0x88, 4, 4);
        iommu.write(0x90, 8, RAM + COMMANDS | LOG2);
        iommu.write(0xA0, 8, RAM + EVENTS | LOG2);
        iommu.write(0x20, 4, 0b1101);
    }

    @AfterEach
    void nothingIsLeft() {
        passthrough.close();
        reader.close();
        pipeline.close();
        device.close();
        iommufd.close();
        arena.close();
    }

    private static void say(final String form, final Object... values) {
        if (Boolean.getBoolean("viommu.loud")) {
            System.out.println("   " + String.format(form, values));
        }
    }

    /** Gives a command and CMD_SYNC, and tells CMDQ_CONS.ERR. */
    private int command(final long word0, final long word1) throws InterruptedException {
        put(word0, word1);
        put(0x46, 0);
        KernelGuest.await(() -> (iommu.read(CMDQ_CONS, 4) & 0x7F) == (given & 0x7F)
                || (iommu.read(CMDQ_CONS, 4) >>> 24 & 0x7F) != 0);
        return (int) iommu.read(CMDQ_CONS, 4) >>> 24 & 0x7F;
    }

    private void put(final long word0, final long word1) {
        final long at = COMMANDS + (given & (1 << LOG2) - 1) * 16L;
        ram.set(ValueLayout.JAVA_LONG, at, word0);
        ram.set(ValueLayout.JAVA_LONG, at + 8, word1);
        given++;
        iommu.write(CMDQ_PROD, 4, given & 0x7F);
    }

    private void installed(final long word0) throws InterruptedException {
        ram.set(ValueLayout.JAVA_LONG, STREAMS + SID * 64L, word0);
        assertThat(command(0x03 | (long) SID << 32, 1)).as("CMD_CFGI_STE").isZero();
    }

    private int events() {
        return (int) iommu.read(EVENTQ_PROD, 4) & 0x7F;
    }

    private void fault(final int group) throws InterruptedException {
        final long before = passthrough.stalls().read();
        device.fault(FaultSink.NO_PASID, group, 2, 0x5000_0000L);
        KernelGuest.await(() -> passthrough.stalls().read() > before);
    }

    @Test
    void theGuestsStreamTableEntryDecidesWhatTheHardwareDoes() throws Exception {
        installed(S1 | RAM + CONTEXTS);
        fault(1);
        KernelGuest.await(() -> events() == 1);
        final long tag = ram.get(ValueLayout.JAVA_LONG, EVENTS + 8) & 0xFFFF;
        say("the guest fetched %016x %016x", ram.get(ValueLayout.JAVA_LONG, EVENTS),
                ram.get(ValueLayout.JAVA_LONG, EVENTS + 8));
        assertThat(passthrough.stalls().openGroups()).isEqualTo(1);
        assertThat(command(0x44 | 1 << 12 | (long) SID << 32, tag)).as("CMD_RESUME, retry").isZero();
        KernelGuest.await(() -> passthrough.stalls().openGroups() == 0);
        assertThat(passthrough.stalls().lateAnswers()).as("the kernel took it").isZero();

        fault(2);
        KernelGuest.await(() -> passthrough.stalls().openGroups() == 1);
        installed(0);
        KernelGuest.await(() -> events() == 2);
        assertThat(command(0x44 | 1 << 12 | (long) SID << 32, ram.get(ValueLayout.JAVA_LONG, EVENTS + 40) & 0xFFFF))
                .isZero();
        say("%d answers came after the kernel's own", passthrough.stalls().lateAnswers());
        assertThat(passthrough.stalls().lateAnswers()).as("the device was cut off, and answered, before").isEqualTo(1);
    }

    @Test
    void aResetInAStormCutsTheDeviceOffAndTheNextGuestStartsAnew() throws Exception {
        for (int round = 0; round < 5; round++) {
            installed(S1 | RAM + CONTEXTS);
            for (int i = 0; i < 20; i++) {
                device.fault(FaultSink.NO_PASID, i, 2, i << 12);
                device.event();
            }
            passthrough.reset();
            iommu.reset();
            start();
        }
        assertThat(passthrough.stalls().openGroups()).isZero();
        assertThat(events()).as("nothing of before").isZero();
        installed(S1 | RAM + CONTEXTS);
        final int before = events();
        fault(99);
        KernelGuest.await(() -> events() == before + 1);
        assertThat(command(0x44 | 1 << 12 | (long) SID << 32,
                ram.get(ValueLayout.JAVA_LONG, EVENTS + before * 32L + 8) & 0xFFFF)).isZero();
        KernelGuest.await(() -> passthrough.stalls().openGroups() == 0);
    }

    @Test
    void invalidationsReachTheHardwareInTheGuestsOrder() throws Exception {
        installed(S1 | RAM + CONTEXTS);
        assertThat(command(0x12 | 5L << 48, 0x4000_0001L)).as("CMD_TLBI_NH_VA").isZero();
        assertThat(command(0x05 | (long) SID << 32, 1)).as("CMD_CFGI_CD").isZero();
        assertThat(command(0x30, 0)).as("CMD_TLBI_NSNH_ALL").isZero();
        assertThat(command(0xFF, 0)).as("an illegal one").isEqualTo(1);
    }
}
