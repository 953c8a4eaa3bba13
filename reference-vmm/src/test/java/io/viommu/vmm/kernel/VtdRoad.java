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

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
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
import io.viommu.bridge.iommufd.nested.VtdPassthrough;
import io.viommu.bridge.linux.OpenFiles;
import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
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
import io.viommu.vmm.guest.VtdSoftware;

/**
 * A VT-d unit with accel=on over a kernel's iommufd: the guest's PASID entries and its invalidation queue attach,
 * replace and detach the device's tables; page requests come from the kernel's fault queue to the guest's page request
 * queue, and its responses go back. The same for the fake kernel and for a real one.
 */
@Timeout(120)
public abstract class VtdRoad {

    static final int REQUESTER = 0x18;
    static final int PASID = 5;
    private static final int NO_PASID = FaultSink.NO_PASID;
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int SUCCESS = 0;
    private static final int FAILURE = 15;
    private static final long RAM = 0x0100_0000L;
    private static final int QUEUE_ROOM = 127;

    final IommufdRig rig;
    private final Iommufd iommufd;
    VtdSoftware guest;
    private VtdPassthrough passthrough;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment ram = arena.allocate(1 << 20, 4096);
    private final CounterFile counters = CounterFile.inMemory();
    private final FaultAccount account = new FaultAccount(counters, "vtd");
    private IommufdRig.Device device;
    private VirtualIommu iommu;
    private FaultPipeline pipeline;
    private FaultReader reader;
    private long descriptors;

    VtdRoad(final IommufdRig rig) {
        this.rig = rig;
        this.iommufd = Iommufd.open(rig.kernel());
    }

    @BeforeEach
    void boot() throws IOException {
        descriptors = OpenFiles.count("eventfd");
        final Ioas ioas = iommufd.ioas();
        ioas.map(ram, RAM);
        device = rig.device(ioas);
        passthrough = new VtdPassthrough("vtd", ioas.nestParent(device.id()), 1);
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
        passthrough.add(REQUESTER, device, true);
        iommu = IommuModels.create("intel-iommu", Map.of("accel", "on"),
                new IommuPlatform(memory, deaf, passthrough.host()));
        final FaultObserver observer = new UnroutedAnswers(passthrough.host(), FaultObserver.NONE);
        pipeline = new FaultPipeline(PipelineSettings.named("vtd").mode(InjectorMode.RUN_TO_COMPLETION), iommu, account,
                observer);
        final FaultRouter router = new FaultRouter();
        reader = new FaultReader("vtd", new FaultIngress("vtd", router, counters, observer), ReaderSettings.DEFAULT,
                source -> {
                });
        reader.start();
        passthrough.start(reader, router, pipeline);
        guest = new VtdSoftware(iommu, ram, RAM).context(REQUESTER).pasid(0, 0).boot();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        passthrough.close();
        reader.close();
        pipeline.close();
        device.close();
        assertThat(OpenFiles.count("eventfd")).as("eventfds").isLessThanOrEqualTo(descriptors);
        iommufd.close();
        arena.close();
    }

    private static void say(final String form, final Object... values) {
        if (Boolean.getBoolean("viommu.loud")) {
            System.out.println("   " + String.format(form, values));
        }
    }

    /** Has the device ask for a page, and gives what the guest then finds behind the requests that it had. */
    private List<Long> ask(final int pasid, final int group, final int permissions, final long address)
            throws InterruptedException {
        final int before = guest.requests().size();
        final long settled = account.settled();
        device.fault(pasid, group, permissions, address);
        KernelGuest.await(() -> account.settled() > settled);
        final List<Long> requests = guest.requests();
        return requests.subList(before, requests.size());
    }

    private static List<Long> request(final int pasid, final int group, final int permissions, final long address) {
        return List.of(1L | REQUESTER << 16 | (pasid < 0 ? 0 : 1 << 8 | (long) pasid << 32),
                address | group << 3 | 1 << 2 | permissions);
    }

    private void answered(final long late) throws InterruptedException {
        KernelGuest.await(() -> passthrough.requests().openGroups() == 0);
        assertThat(passthrough.requests().lateAnswers()).as("answers that the kernel wanted no more").isEqualTo(late);
    }

    @Test
    void pageRequestsReachTheGuestsQueueAndItsResponsesTheKernel() throws Exception {
        guest.pasid(PASID, 1).pasidChanged(PASID);
        final List<Long> plain = ask(NO_PASID, 3, READ, 0x5000_0000L);
        assertThat(plain).isEqualTo(request(NO_PASID, 3, READ, 0x5000_0000L));
        guest.respond(plain, SUCCESS);
        answered(0);
        final List<Long> withPasid = ask(PASID, 4, WRITE, 0x5000_1000L);
        say("the guest fetched %016x %016x and %016x %016x", plain.get(0), plain.get(1), withPasid.get(0),
                withPasid.get(1));
        assertThat(withPasid).isEqualTo(request(PASID, 4, WRITE, 0x5000_1000L));
        guest.respond(withPasid, FAILURE);
        answered(0);
        guest.respond(withPasid, SUCCESS);
        answered(0);
        assertThat(guest.faults()).isEmpty();
        assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(2);
    }

    @Test
    void aPasidEntryThatIsReplacedTakesItsOpenRequestsAlong() throws Exception {
        guest.pasid(PASID, 1).pasidChanged(PASID);
        final List<Long> first = ask(PASID, 4, WRITE, 0x1000);
        guest.pasid(PASID, 2).pasidChanged(PASID);
        guest.respond(first, SUCCESS);
        final List<Long> second = ask(PASID, 4, WRITE, 0x2000);
        assertThat(second).isEqualTo(request(PASID, 4, WRITE, 0x2000));
        assertThat(passthrough.requests().openGroups()).as("the kernel used the cookie again").isEqualTo(1);
        guest.respond(second, SUCCESS);
        answered(0);
    }

    @Test
    void aPasidWhoseEntryIsGoneAsksInVainAndTheGuestIsToldWhy() throws Exception {
        guest.pasid(PASID, 1).pasidChanged(PASID);
        guest.clear(PASID).pasidChanged(PASID);
        assertThat(ask(PASID, 6, READ, 0x3000)).isEmpty();
        say("the guest's fault record is %016x %016x", guest.faults().get(0), guest.faults().get(1));
        assertThat(guest.faults()).as("page request, PASID table entry not present (59h)").containsExactly(0x3000L,
                1L << 63 | (long) PASID << 40 | 0x59L << 32 | 1L << 31 | 1L << 28 | REQUESTER);
        answered(0);
    }

    @Test
    void aGuestWithoutRoomHasTheDeviceAskAgain() throws Exception {
        for (int group = 0; group < QUEUE_ROOM; group++) {
            assertThat(ask(NO_PASID, group, READ, (long) group << 12)).hasSize(2);
        }
        assertThat(ask(NO_PASID, QUEUE_ROOM, READ, 0)).isEmpty();
        assertThat(account.count(FaultDisposition.PAGE_REQUEST_OVERFLOW)).isEqualTo(1);
        assertThat(passthrough.requests().openGroups()).as("no group waits for a request that nobody saw")
                .isEqualTo(QUEUE_ROOM);
        for (int i = 0; i < QUEUE_ROOM; i++) {
            guest.respond(guest.requests().subList(2 * i, 2 * i + 2), SUCCESS);
        }
        answered(0);
    }

    @Test
    void invalidationsGoDownWithTheGuestsWait() throws Exception {
        guest.pasid(PASID, 1).pasidChanged(PASID);
        for (int i = 0; i < 5; i++) {
            guest.invalidate(PASID, i << 12, 0, true);
        }
        guest.invalidate(0, 0x40_0000, 9, false);
        guest.submit(5 | 1 << 5 | 0x77L << 32, RAM + 0x7000);
        assertThat(ram.get(ValueLayout.JAVA_INT, 0x7000)).as("the wait's status").isEqualTo(0x77);
        assertThat(ask(PASID, 1, READ, 0x1000)).as("the device is still attached").hasSize(2);
    }

    @Test
    void aResetInAStormAnswersWhatIsOpenAndTheNextGuestStartsAnew() throws Exception {
        for (int round = 0; round < 5; round++) {
            guest.pasid(PASID, 1).pasidChanged(PASID);
            for (int group = 0; group < 20; group++) {
                device.fault(group % 2 == 0 ? NO_PASID : PASID, group, READ, (long) group << 12);
            }
            passthrough.reset();
            iommu.reset();
            guest = new VtdSoftware(iommu, ram, RAM).context(REQUESTER).pasid(0, 0).boot();
        }
        assertThat(account.settled()).isEqualTo(passthrough.requests().read());
        assertThat(passthrough.requests().openGroups()).isZero();
        assertThat(guest.requests()).as("nothing of before").isEmpty();
        final List<Long> plain = ask(NO_PASID, 3, READ, 0x5000_0000L);
        assertThat(plain).isEqualTo(request(NO_PASID, 3, READ, 0x5000_0000L));
        guest.respond(plain, SUCCESS);
        KernelGuest.await(() -> passthrough.requests().openGroups() == 0);
    }

    @Test
    void aTeardownAnswersWhatTheGuestDidNot() throws Exception {
        guest.pasid(PASID, 1).pasidChanged(PASID);
        ask(NO_PASID, 1, READ, 0x1000);
        ask(PASID, 2, READ, 0x2000);
        guest.shutDown();
        passthrough.close();
        assertThat(passthrough.requests().openGroups()).isZero();
        assertThat(account.settled()).isEqualTo(passthrough.requests().read());
    }
}
