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

import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import io.viommu.bridge.iommufd.nested.IommufdHost;
import io.viommu.bridge.iommufd.nested.IommufdStreams;
import io.viommu.bridge.linux.Errno;
import io.viommu.iommu.NestedStreams;

/** Stream table entries of a guest become attachments of the hardware. */
class IommufdStreamsTest {

    private static final int SID = 0x1742;
    private static final long STAGE_1 = 0x1 | 5 << 1 | 0x4000_0000L;
    private static final long BYPASS = 0x1 | 4 << 1;
    private static final long STAGE_2 = 0x1 | 6 << 1;

    private final FakeIommufd kernel = new FakeIommufd();
    private final FakeDevice device = new FakeDevice(kernel);
    private final Iommufd iommufd = Iommufd.open(kernel);
    private final Viommu viommu = iommufd.ioas().nestParent(device.id()).smmu(device.id());
    private final FaultQueue faults = iommufd.faultQueue();
    private final IommufdStreams streams = new IommufdStreams(viommu, faults);

    @Test
    void aDeviceAbortsUntilTheGuestInstallsAnEntryAndAgainWhenItIsTakenAway() {
        streams.add(SID, device);
        final int abort = device.table();
        assertThat(abort).isPositive();
        assertThat(streams.install(SID, STAGE_1, 0)).isTrue();
        assertThat(device.table()).isNotIn(0, abort);
        assertThat(streams.install(SID, 0, 0)).isTrue();
        assertThat(device.table()).isEqualTo(abort);
        assertThat(streams.install(SID, 0x1, 0)).as("Config 0 aborts too").isTrue();
        assertThat(device.table()).isEqualTo(abort);
    }

    @Test
    void aNewEntryReplacesTheTableAndDestroysTheOldOne() {
        streams.add(SID, device);
        streams.install(SID, STAGE_1, 0);
        final int objects = kernel.objects();
        final int first = device.table();
        for (int i = 1; i <= 100; i++) {
            assertThat(streams.install(SID, STAGE_1 + i * 0x1000L, 0)).isTrue();
        }
        assertThat(device.table()).isNotEqualTo(first);
        assertThat(kernel.objects()).isEqualTo(objects);
    }

    @Test
    void devicesThatBypassShareOneTable() {
        final FakeDevice other = new FakeDevice(kernel);
        streams.add(SID, device);
        streams.add(SID + 1, other);
        assertThat(other.table()).isEqualTo(device.table());
        streams.install(SID, BYPASS | 0x4000_0000L, 0);
        streams.install(SID + 1, BYPASS, 3L << 28);
        assertThat(other.table()).isEqualTo(device.table());
    }

    @Test
    void fieldsThatAreNotStageOnesDoNotReachTheHardware() {
        streams.add(SID, device);
        assertThat(streams.install(SID, STAGE_1 | 1L << 55, -1L & ~(3L << 28))).isTrue();
    }

    @Test
    void aRefusedEntryCutsTheDeviceOff() {
        streams.add(SID, device);
        final int abort = device.table();
        streams.install(SID, STAGE_1, 0);
        assertThat(streams.install(SID, STAGE_2, 0)).isFalse();
        assertThat(device.table()).as("not left on the table that the guest has given up").isEqualTo(abort);
        streams.install(SID, STAGE_1, 0);
        final int objects = kernel.objects();
        kernel.refuseAttach(Errno.EBUSY);
        assertThat(streams.install(SID, STAGE_1 + 0x1000, 0)).isFalse();
        assertThat(device.table()).isEqualTo(abort);
        assertThat(kernel.objects()).as("both tables are gone").isEqualTo(objects - 1);
        assertThat(streams.install(SID, STAGE_1, 0)).isTrue();
        assertThat(streams.install(SID + 1, STAGE_1, 0)).as("nobody's stream").isFalse();
    }

    @Test
    void whatConcernsAllStreamsReachesThoseThatThereAre() {
        streams.forEach(sid -> assertThat(sid).as("none yet").isNull());
        streams.add(SID, device);
        final boolean[] met = new boolean[1];
        streams.forEach(sid -> met[0] = sid == SID && streams.install(sid, STAGE_1, 0));
        assertThat(met[0]).isTrue();
        assertThat(streams.timedOut()).isFalse();
    }

    @Test
    void aTakenStreamIdLeavesNothingBehind() {
        streams.add(SID, device);
        final int objects = kernel.objects();
        assertThatThrownBy(() -> streams.add(SID, new FakeDevice(kernel))).hasMessageContaining("EEXIST");
        assertThat(kernel.objects()).isEqualTo(objects + 1);
        final FakeDevice other = new FakeDevice(kernel);
        kernel.refuseAttach(Errno.EBUSY);
        assertThatThrownBy(() -> streams.add(SID + 1, other)).hasMessageContaining("EBUSY");
        assertThat(kernel.objects()).as("two more devices").isEqualTo(objects + 2);
        assertThat(streams.owns(SID + 1)).isFalse();
    }

    @Test
    void aDeviceThatIsTakenAwayIsDetachedAndForgotten() {
        streams.add(SID, device);
        streams.install(SID, STAGE_1, 0);
        assertThat(streams.owns(SID)).isTrue();
        streams.remove(SID);
        streams.remove(SID);
        assertThat(streams.owns(SID)).isFalse();
        assertThat(device.table()).isZero();
        streams.add(SID, device);
        assertThat(streams.install(SID, STAGE_1, 0)).isTrue();
        streams.remove(SID);
        iommufd.close();
        assertThat(kernel.objects()).as("the device").isEqualTo(1);
    }

    @Test
    void invalidationsGoInBatchesAndSayHowFarTheyCame() {
        final UnsafeBuffer commands = new UnsafeBuffer(new byte[16 * 1000 + 16]);
        for (int i = 0; i < 1000; i++) {
            commands.putLong(16 + i * 16, 0x12 | (long) i << 32, ByteOrder.LITTLE_ENDIAN);
        }
        assertThat(streams.invalidate(commands, 16, 1000)).isEqualTo(1000);
        assertThat(kernel.commands).hasSize(1000).last().isEqualTo(0x12 | 999L << 32);
        commands.putLong(16 + 700 * 16, 0x46, ByteOrder.LITTLE_ENDIAN);
        assertThat(streams.invalidate(commands, 16, 1000)).as("CMD_SYNC isn't the hardware's").isEqualTo(700);
        assertThat(kernel.commands).hasSize(1700);
        assertThat(streams.invalidate(commands, 0, 0)).isZero();
    }

    @Test
    void aHostWithoutStreamsOwnsNone() {
        assertThat(new IommufdHost(streams).streams()).isSameAs(streams);
        final NestedStreams none = new IommufdHost().streams();
        assertThat(none.owns(SID)).isFalse();
        assertThat(none.install(SID, STAGE_1, 0)).isFalse();
    }
}
