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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.iommufd.nested.IommufdRequesters;
import io.viommu.bridge.iommufd.nested.IommufdStreams;
import io.viommu.bridge.linux.Epoll;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.IommufdQueues.PageResponseLayout;
import io.viommu.bridge.uapi.IommufdQueues.PgfaultLayout;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultSink;
import io.viommu.fault.PageResponder;

/**
 * What the bridge relies on in a kernel with iommufd. The same rules hold for our fake kernel, in every build, and for a
 * real one, in the profile real-kernel.
 */
@Timeout(120)
public abstract class IommufdContract {

    private static final int SID = 0x1742;
    private static final int NO_PASID = FaultSink.NO_PASID;
    private static final long STE = 0x1 | 5 << 1 | 0x4000_0000L;

    private final IommufdRig rig;
    private final Arena arena = Arena.ofShared();
    private Iommufd iommufd;
    private Ioas ioas;
    private IommufdRig.Device device;
    private NestParent parent;
    private Viommu viommu;
    private FaultQueue faults;

    IommufdContract(final IommufdRig rig) {
        this.rig = rig;
    }

    @BeforeEach
    void devices(final TestInfo test) {
        say("-- " + test.getDisplayName());
        iommufd = Iommufd.open(rig.kernel());
        ioas = iommufd.ioas();
        device = rig.device(ioas);
        parent = ioas.nestParent(device.id());
        viommu = parent.smmu(device.id());
        faults = iommufd.faultQueue();
        viommu.vdevice(device.id(), SID);
    }

    @AfterEach
    void nothingIsLeft() {
        device.detach();
        device.close();
        iommufd.close();
        arena.close();
    }

    private static void say(final String line) {
        if (Boolean.getBoolean("viommu.loud")) {
            System.out.println(line);
        }
    }

    private NestedTable attach() {
        final NestedTable table = viommu.nested(device.id(), STE, 0, faults);
        device.attach(table.id());
        return table;
    }

    private long read(final KernelFile file, final MemorySegment into) {
        final long got = file.read(into);
        final StringBuilder words = new StringBuilder();
        for (long i = 0; i < got; i += 4) {
            words.append(String.format(" %08x", into.get(ValueLayout.JAVA_INT, i)));
        }
        say("   read(" + into.byteSize() + ") -> " + (got < 0 ? Errno.describe((int) -got) : got + ":" + words));
        return got;
    }

    private long write(final int... cookiesAndCodes) {
        final MemorySegment answers = arena.allocateFrom(ValueLayout.JAVA_INT, cookiesAndCodes);
        final long done = faults.file().write(answers);
        say("   write(" + answers.byteSize() + ") -> " + (done < 0 ? Errno.describe((int) -done) : done));
        return done;
    }

    private static int cookie(final MemorySegment records, final int index) {
        return records.get(ValueLayout.JAVA_INT, (long) index * PgfaultLayout.LENGTH + PgfaultLayout.COOKIE);
    }

    @Test
    void anEmptyQueueReadsAsZeroAndNeverBlocks() {
        attach();
        assertThat(read(faults.file(), arena.allocate(400))).isZero();
        assertThat(read(viommu.eventQueue(4).file(), arena.allocate(400))).isZero();
    }

    @Test
    void aFaultQueueReadsWholeRecordsOnly() {
        attach();
        device.fault(NO_PASID, 1, 3, 0x1000);
        assertThat(read(faults.file(), arena.allocate(17))).isEqualTo(-Errno.ESPIPE);
        assertThat(read(faults.file(), arena.allocate(400))).isEqualTo(40);
        assertThat(write(1, 0)).isEqualTo(8);
    }

    @Test
    void groupsCarryTheDeviceTheGroupAndALowCookieEach() {
        attach();
        for (int i = 0; i < 3; i++) {
            device.fault(NO_PASID, 7 + i, 3, 0xdeadb000L + i * 0x1000L);
        }
        final MemorySegment records = arena.allocate(400, 8);
        assertThat(read(faults.file(), records)).isEqualTo(120);
        for (int i = 0; i < 3; i++) {
            final MemorySegment record = records.asSlice((long) i * PgfaultLayout.LENGTH, PgfaultLayout.LENGTH);
            assertThat(record.get(ValueLayout.JAVA_INT, PgfaultLayout.FLAGS)).isEqualTo(PgfaultLayout.FLAG_LAST_PAGE);
            assertThat(record.get(ValueLayout.JAVA_INT, PgfaultLayout.DEV_ID)).isEqualTo(device.id());
            assertThat(record.get(ValueLayout.JAVA_INT, PgfaultLayout.GRPID)).isEqualTo(7 + i);
            assertThat(record.get(ValueLayout.JAVA_INT, PgfaultLayout.PERM)).isEqualTo(3);
            assertThat(record.get(ValueLayout.JAVA_LONG, PgfaultLayout.ADDR)).isEqualTo(0xdeadb000L + i * 0x1000L);
            assertThat(cookie(records, i)).isEqualTo(i + 1);
        }
        assertThat(write(1, 0, 2, 1, 3, 0)).isEqualTo(24);
    }

    @Test
    void answersStopAtTheFirstBadOne() {
        attach();
        for (int i = 0; i < 3; i++) {
            device.fault(NO_PASID, i, 1, 0x1000);
        }
        read(faults.file(), arena.allocate(400));
        assertThat(write(1, PageResponder.FAILURE)).as("a code that the kernel lacks").isEqualTo(-Errno.EINVAL);
        assertThat(write(99, 0)).as("nobody's cookie").isEqualTo(-Errno.EINVAL);
        assertThat(write(1, 0, 2, 0, 1, 0, 3, 0)).as("the third is answered already").isEqualTo(16);
        assertThat(faults.file().write(arena.allocate(PageResponseLayout.LENGTH + 4))).isEqualTo(-Errno.ESPIPE);
        assertThat(write(3, 1)).isEqualTo(8);
    }

    @Test
    void aCookieIsUsedAgainAsSoonAsItIsAnswered() {
        attach();
        final MemorySegment records = arena.allocate(400, 8);
        for (int i = 0; i < 3; i++) {
            device.fault(NO_PASID, i, 1, 0x1000);
            read(faults.file(), records);
            assertThat(cookie(records, 0)).isEqualTo(1);
            assertThat(write(1, i & 1)).isEqualTo(8);
        }
    }

    @Test
    void detachingAnswersWhatIsOpenAndALateAnswerIsRefused() {
        attach();
        device.fault(NO_PASID, 1, 1, 0x1000);
        device.fault(NO_PASID, 2, 1, 0x2000);
        read(faults.file(), arena.allocate(PgfaultLayout.LENGTH));
        device.detach();
        assertThat(write(1, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(read(faults.file(), arena.allocate(400))).as("nor is the other one left").isZero();
    }

    @Test
    void readableMeansAFaultAndWritableMeansNothing() {
        attach();
        try (Epoll epoll = Epoll.create(4)) {
            epoll.add(faults.file().fd(), 7);
            assertThat(epoll.await(0)).isZero();
            device.fault(NO_PASID, 1, 1, 0x1000);
            assertThat(epoll.await(1000)).isEqualTo(1);
            read(faults.file(), arena.allocate(400));
            assertThat(epoll.await(0)).isZero();
        }
        write(1, 0);
    }

    @Test
    void theSourceReadsAnswersAndForgets() {
        attach();
        final FaultQueueSource source = new FaultQueueSource("faults", 1, faults.file(), RecoverableForm.PAGE_REQUEST);
        final RecordingSink sink = RecordingSink.keeping();
        device.fault(NO_PASID, 5, 3, 0x7000);
        device.fault(NO_PASID, 6, 1, 0x8000);
        assertThat(source.poll(sink, 64)).isEqualTo(2);
        assertThat(sink.records).allMatch(record -> record.kind() == FaultKind.PAGE_REQUEST)
                .allMatch(record -> record.hostDevice() == device.id());
        source.respond(1, sink.records.get(0).cookie(), PageResponder.SUCCESS);
        source.respond(1, sink.records.get(0).cookie(), PageResponder.SUCCESS);
        assertThat(source.lateAnswers()).isEqualTo(1);
        device.detach();
        source.respond(1, sink.records.get(1).cookie(), PageResponder.FAILURE);
        assertThat(source.lateAnswers()).as("the kernel was first").isEqualTo(2);
        assertThat(source.openGroups()).isZero();
        assertThat(source.failure()).isNull();
    }

    @Test
    void aPasidHasATableAndAnswersOfItsOwn() {
        final IommufdRequesters requesters = new IommufdRequesters(parent, faults);
        requesters.add(0x300, device, true);
        assertThat(requesters.install(0x300, 0x55, 0x1000, 48, 0)).as("the device must be there first").isFalse();
        assertThat(requesters.install(0x300, NO_PASID, 0x1000, 48, 0)).isTrue();
        assertThat(requesters.install(0x300, 0x55, 0x2000, 48, 0)).isTrue();
        assertThat(requesters.install(0x300, 0x55, 0x3000, 48, 0)).as("replaced").isTrue();
        assertThat(requesters.invalidate(0x300, 0x55, 0, -1, false)).isTrue();
        device.fault(0x55, 9, 1, 0x5000);
        final FaultQueueSource source = new FaultQueueSource("faults", 1, faults.file(), RecoverableForm.PAGE_REQUEST);
        final RecordingSink sink = RecordingSink.keeping();
        assertThat(source.poll(sink, 64)).isEqualTo(1);
        assertThat(sink.records.getFirst().pasid()).isEqualTo(0x55);
        requesters.remove(0x300);
        source.respond(1, sink.records.getFirst().cookie(), PageResponder.SUCCESS);
        assertThat(source.lateAnswers()).isEqualTo(1);
    }

    @Test
    void eventsAreCountedExactlyWhenTheQueueOverflows() {
        attach();
        final VeventQueue queue = viommu.eventQueue(3);
        final VeventQueueSource source = new VeventQueueSource("events", 2, queue.file());
        final RecordingSink sink = RecordingSink.keeping();
        for (int i = 0; i < 7; i++) {
            device.event();
        }
        source.poll(sink, 64);
        assertThat(source.lost()).as("seven events, three places, told by a header").isEqualTo(4);
        for (int i = 0; i < 5; i++) {
            device.event();
        }
        assertThat(source.poll(sink, 1)).isEqualTo(1);
        source.poll(sink, 64);
        device.event();
        source.poll(sink, 64);
        assertThat(source.lost()).isEqualTo(6);
        final long delivered = sink.records.stream().filter(record -> record.kind() == FaultKind.SMMU_EVENT).count();
        say("   13 events: " + delivered + " delivered, " + source.lost() + " lost");
        assertThat(delivered).isEqualTo(7);
        assertThat(sink.records.getFirst().hostDevice()).isEqualTo(SID);
    }

    @Test
    void aGapAloneTellsOfALossWhenAnEventFollows() {
        attach();
        final VeventQueue queue = viommu.eventQueue(2);
        final MemorySegment one = arena.allocate(40, 8);
        for (int i = 0; i < 4; i++) {
            device.event();
        }
        assertThat(read(queue.file(), one)).isEqualTo(40);
        device.event();
        final MemorySegment rest = arena.allocate(400, 8);
        assertThat(read(queue.file(), rest)).as("no header any more").isEqualTo(80);
        assertThat(rest.get(ValueLayout.JAVA_INT, 4)).isEqualTo(1);
        assertThat(rest.get(ValueLayout.JAVA_INT, 44)).isEqualTo(4);
    }

    @Test
    void anEventQueueReadsWholeEventsOnly() {
        attach();
        final VeventQueue queue = viommu.eventQueue(4);
        device.event();
        assertThat(read(queue.file(), arena.allocate(4))).isEqualTo(-Errno.EINVAL);
        assertThat(read(queue.file(), arena.allocate(8))).isEqualTo(-Errno.EINVAL);
        assertThat(read(queue.file(), arena.allocate(40, 8))).as("it stayed").isEqualTo(40);
    }

    @Test
    void eventQueuesHaveLimits() {
        assertThatThrownBy(() -> viommu.eventQueue(0)).hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> viommu.eventQueue((1 << 19) + 1)).hasMessageContaining("EINVAL");
        viommu.eventQueue(1 << 19);
        assertThatThrownBy(() -> viommu.eventQueue(1)).hasMessageContaining("EEXIST");
    }

    @Test
    void aDeviceHasOneName() {
        assertThatThrownBy(() -> viommu.vdevice(device.id(), 8)).hasMessageContaining("EEXIST");
    }

    @Test
    void theNameOfADeviceGoesWithTheDevice() {
        final IommufdRig.Device other = rig.device(ioas);
        final Vdevice name = viommu.vdevice(other.id(), 9);
        other.close();
        name.close();
        final IommufdRig.Device third = rig.device(ioas);
        viommu.vdevice(third.id(), 9).close();
        third.close();
    }

    @Test
    void whatIsInUseIsNotDestroyed() {
        final NestedTable table = attach();
        assertThatThrownBy(table::close).hasMessageContaining("EBUSY");
        device.detach();
    }

    @Test
    void structuresAndRequestsThatAreUnknownAreTold() {
        try (KernelFile file = rig.kernel().open(Iommufd.PATH)) {
            final MemorySegment argument = arena.allocate(64, 8);
            argument.set(ValueLayout.JAVA_INT, 0, 8);
            assertThat(file.ioctl(0x3B8E, argument)).as("too short").isEqualTo(-Errno.EINVAL);
            assertThat(file.ioctl(0x3BFF, argument)).isEqualTo(-Errno.ENOTTY);
            argument.set(ValueLayout.JAVA_INT, 0, 64);
            argument.set(ValueLayout.JAVA_INT, 60, 1);
            assertThat(file.ioctl(0x3B8E, argument)).as("a tail that isn't 0").isEqualTo(-7);
        }
    }

    @Test
    void guestMemoryIsMappedOnceAndUnmappedWhole() {
        final MemorySegment ram = arena.allocate(0x4000, 4096);
        ioas.map(ram, 0x100_0000L);
        assertThatThrownBy(() -> ioas.map(ram, 0x100_1000L)).hasMessageContaining("EEXIST");
        assertThatThrownBy(() -> ioas.unmap(0x100_0000L, 0x1000)).hasMessageContaining("ENOENT");
        ioas.unmap(0x100_0000L, 0x4000);
    }

    @Test
    void invalidationsSayHowManyWereDone() {
        final IommufdStreams streams = new IommufdStreams(viommu, faults);
        final UnsafeBuffer commands = new UnsafeBuffer(new byte[16 * 5]);
        final long[] words = { 0x12, 0x05 | (long) SID << 32, 0x40 | (long) SID << 32, 0x46, 0x11 };
        for (int i = 0; i < words.length; i++) {
            commands.putLong(i * 16, words[i]);
        }
        final int done = streams.invalidate(commands, 0, 5);
        say("   5 invalidations, the fourth is CMD_SYNC -> " + done + " done");
        assertThat(done).isEqualTo(3);
        assertThat(streams.invalidate(commands, 64, 1)).isEqualTo(1);
    }

    @Test
    void theHardwareDescribesItself() {
        final HardwareInfo info = iommufd.hardwareInfo(device.id());
        say("   " + info);
        assertThat(info.type()).isEqualTo(0xFEED_BEEF);
        assertThat(info.pasidBits()).isEqualTo(20);
        assertThat(info.properties()).isEmpty();
    }
}
