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

package io.viommu.smmu.command;

import static io.viommu.smmu.spec.CommandLayout.CERROR_ATC_INV_SYNC;
import static io.viommu.smmu.spec.CommandLayout.CERROR_ILL;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.smmu.Features;
import io.viommu.smmu.SmmuMachine;
import io.viommu.smmu.fault.FaultWay;
import io.viommu.smmu.fault.StallTable;
import io.viommu.smmu.page.PageRequestQueue;
import io.viommu.smmu.page.PageRequests;
import io.viommu.smmu.register.MessagePort;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.register.Silence;
import io.viommu.smmu.register.SmmuCapabilities;

/** Each command: what it does, and what makes it illegal or ignored (IHI 0070, chapter 4). */
class CommandExecutorTest {

    private static final long SSEC = 1L << 10;
    private static final long SSV = 1L << 11;

    private final SmmuMachine machine = new SmmuMachine();
    private final List<String> log = new ArrayList<>();
    private boolean confirmed = true;

    /** A pipeline that notes when it is waited for. */
    private final class DrainLog implements FaultPort {
        @Override
        public long claim(final FaultRecord record) {
            return CLOSED;
        }

        @Override
        public void publish(final long claim) {
        }

        @Override
        public void flush() {
        }

        @Override
        public void awaitInjected() {
            log.add("drain");
        }

        @Override
        public void account(final FaultDisposition disposition) {
        }
    }

    private final class Device {
        private final RegisterFrame frame;
        private final CommandExecutor executor;

        Device(final SmmuCapabilities options) {
            final MessagePort port = new MessagePort(machine.memory, machine, options);
            frame = new RegisterFrame(options, port, new Silence());
            final PageRequests pages = new PageRequests(
                    options.pri() ? new PageRequestQueue(frame, machine.memory) : null, options, machine);
            final FaultWay faults = new FaultWay();
            faults.connect(new DrainLog());
            executor = new CommandExecutor(frame, new SinkLog(log), new StallTable(options, machine), pages, faults,
                    PassedThrough.NONE);
            executor.deviceCaches(new DeviceCaches() {
                @Override
                public void invalidate(final int stream, final int substream, final boolean global,
                        final long address, final int log2Pages) {
                    log.add(String.format("atc 0x%x %d %b 0x%x %d", stream, substream, global, address, log2Pages));
                }

                @Override
                public boolean confirmed() {
                    log.add("confirm");
                    return confirmed;
                }
            });
            frame.write(0x20, 4, 1);
        }

        int execute(final long word0, final long word1) {
            return executor.execute(word0, word1);
        }
    }

    private static SmmuCapabilities options(final boolean stage1, final boolean stage2, final boolean ats,
            final boolean pri, final int stallModel, final int ssidSize, final boolean ril) {
        return Features.everything().idr0(1, 1, one(stage1)).idr0(0, 1, one(stage2)).idr0(10, 1, one(ats))
                .idr0(16, 1, one(pri)).idr0(24, 2, stallModel).idr0(9, 1, one(stage1 && stage2 && ril))
                .substreams(ssidSize).idr3(10, 1, one(ril)).build();
    }

    private static int one(final boolean value) {
        return value ? 1 : 0;
    }

    private Device everything() {
        return new Device(options(true, true, true, true, 0, 20, true));
    }

    private static long sid(final long stream) {
        return stream << 32;
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x00, 0x07, 0x08, 0x0F, 0x14, 0x18, 0x19, 0x1A, 0x1B, 0x24, 0x29,
        0x2B,
        0x31, 0x3F, 0x42, 0x43, 0x47, 0x4F, 0x50, 0x51, 0x52, 0x53, 0x58, 0x5A, 0x60, 0x68, 0x70, 0x73, 0x80, 0x8F,
        0x90, 0xFF })
    void opcodeThatIsReservedOrOfAFeatureNeverOfferedIsIllegal(final long opcode) {
        assertThat(everything().execute(opcode, 0)).isEqualTo(CERROR_ILL);
        assertThat(log).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x05, 0x06, 0x10, 0x11, 0x12, 0x13 })
    void stage1CommandIsIllegalWithoutStage1(final long opcode) {
        assertThat(new Device(options(false, true, true, true, 0, 20, true)).execute(opcode, 0)).isEqualTo(CERROR_ILL);
        assertThat(everything().execute(opcode, 0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x28, 0x2A })
    void stage2CommandIsIllegalWithoutStage2(final long opcode) {
        assertThat(new Device(options(true, false, true, true, 0, 20, true)).execute(opcode, 0)).isEqualTo(CERROR_ILL);
        assertThat(everything().execute(opcode, 0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x20, 0x21, 0x22, 0x23 })
    void el2CommandIsIllegalWithoutHyp(final long opcode) {
        assertThat(new Device(options(true, false, true, true, 0, 20, true)).execute(opcode, 0)).isEqualTo(CERROR_ILL);
        assertThat(new Device(options(false, true, true, true, 0, 20, true)).execute(opcode, 0)).isEqualTo(CERROR_ILL);
        assertThat(new Device(options(true, true, true, true, 0, 20, false)).execute(opcode, 0)).isEqualTo(CERROR_ILL);
        assertThat(log).isEmpty();
        assertThat(everything().execute(opcode, 0)).isZero();
    }

    @Test
    void tlbiEl2ForgetsTheEl2World() {
        final Device device = everything();
        device.execute(0x20 | sid(7), 0);
        device.execute(0x21 | 0x1234L << 48, 0);
        device.execute(0x22 | 0x9L << 48 | 3L << 12 | 2L << 20, 0x5000 | 1L << 10);
        device.execute(0x23, 0x6000 | 1);
        assertThat(log).containsExactly("el2", "el2 asid 4660", "el2 at 9 0x5000 1 3 2", "el2 at any 0x6000 0 0 0");
        assertThat(device.execute(0x23, 1L << 10)).as("a granule without a use").isEqualTo(CERROR_ILL);
    }

    @ParameterizedTest
    @CsvSource({ "0x40,false,true,0", "0x41,true,false,0", "0x44,true,true,1", "0x45,true,true,1" })
    void commandOfAnAbsentFeatureIsIllegal(final String opcode, final boolean ats, final boolean pri, final int stall) {
        assertThat(new Device(options(true, true, ats, pri, stall, 20, true)).execute(Long.decode(opcode), 0))
                .isEqualTo(CERROR_ILL);
        assertThat(everything().execute(Long.decode(opcode), 0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x44, 0x45 })
    void ssecIsIllegalInTheNonSecureQueue(final long opcode) {
        assertThat(everything().execute(opcode | SSEC, 0)).isEqualTo(CERROR_ILL);
        assertThat(everything().execute(opcode, 0)).isZero();
    }

    @Test
    void reservedFieldsAreIgnored() {
        final Device device = everything();
        assertThat(device.execute(0x30 | SSEC | 1L << 8 | sid(0xFFFF_FFFFL), -1L)).isZero();
        assertThat(log).containsExactly("all");
    }

    @Test
    void prefetchIsConsumedWithoutEffect() {
        final Device device = everything();
        assertThat(device.execute(0x01 | SSV | sid(8), 0)).isZero();
        assertThat(device.execute(0x02 | sid(0xFFFF_FFFFL), -1L)).isZero();
        assertThat(log).isEmpty();
    }

    @Test
    void cfgiSteForgetsOneStream() {
        everything().execute(0x03 | sid(0x1234), 1);
        assertThat(log).containsExactly("streams 0x1234 -1");
    }

    @Test
    void cfgiSteRangeForgetsAPowerOfTwoOfStreamsAndRange31Everything() {
        final Device device = everything();
        device.execute(0x04 | sid(0x100), 7);
        device.execute(0x04 | sid(0x1234), 31);
        assertThat(log).containsExactly("streams 0x100 7", "configuration");
    }

    @Test
    void cfgiCdForgetsOneContext() {
        everything().execute(0x05 | sid(8) | 0x12345L << 12, 0);
        assertThat(log).containsExactly("context 0x8 0x12345");
    }

    @Test
    void cfgiCdAllForgetsTheContextsOfAStream() {
        everything().execute(0x06 | sid(8), 0);
        assertThat(log).containsExactly("contexts 0x8");
    }

    @Test
    void streamOrSubstreamOutOfRangeHasNoEffect() {
        final Device device = new Device(options(true, true, true, true, 0, 4, true));
        for (final long opcode : new long[]{ 0x03, 0x05, 0x06, 0x40, 0x41 }) {
            assertThat(device.execute(opcode | sid(0x1_0000), 0)).isZero();
        }
        assertThat(device.execute(0x05 | sid(8) | 16L << 12, 0)).isZero();
        assertThat(log).isEmpty();
    }

    @Test
    void tlbiNhAllForgetsAVmid() {
        everything().execute(0x10 | sid(7), 0);
        assertThat(log).containsExactly("stage 1 of vmid 7");
    }

    @Test
    void tlbiS12VmallForgetsAVmid() {
        everything().execute(0x28 | sid(0xFFFF), 0);
        assertThat(log).containsExactly("vmid 65535");
    }

    @Test
    void tlbiNhAsidForgetsAnAsidOfAVmid() {
        everything().execute(0x11 | sid(7) | 0x1234L << 48, 0);
        assertThat(log).containsExactly("asid 7 4660");
    }

    @Test
    void vmidIsIgnoredWithoutStage2() {
        new Device(options(true, false, true, true, 0, 20, true)).execute(0x11 | sid(7) | 0x9L << 48, 0);
        assertThat(log).containsExactly("asid 0 9");
    }

    @Test
    void tlbiNhVaForgetsAnAddress() {
        everything().execute(0x12 | sid(7) | 0x9L << 48 | 31L << 12 | 63L << 20, 0xFFFF_8000_1234_5000L | 1);
        assertThat(log).as("the sixth bit of SCALE is reserved")
                .containsExactly("at 7 9 0xffff800012345000 0 31 31");
    }

    @Test
    void tlbiNhVaaForgetsAnAddressInAllAsids() {
        everything().execute(0x13 | sid(7), 0x5000 | 3L << 8 | 1L << 10);
        assertThat(log).containsExactly("at 7 any 0x5000 1 0 0");
    }

    @Test
    void tlbiS2IpaForgetsAnIntermediateAddress() {
        everything().execute(0x2A | sid(7) | 5L << 12 | 3L << 20, 0xFFFF_0000_1234_5000L | 3L << 10);
        assertThat(log).containsExactly("ipa 7 0xff000012345000 3 5 3");
    }

    @Test
    void tlbiNsnhAllForgetsEverything() {
        everything().execute(0x30, 0);
        assertThat(log).containsExactly("all");
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x12, 0x13, 0x2A })
    void granuleWithoutRangeAndLevelIsIllegal(final long opcode) {
        final Device device = everything();
        assertThat(device.execute(opcode, 1L << 10)).isEqualTo(CERROR_ILL);
        assertThat(device.execute(opcode, 2L << 10 | 1L << 8)).as("16K level 1 is no level").isEqualTo(CERROR_ILL);
        assertThat(log).isEmpty();
        assertThat(device.execute(opcode, 1L << 10 | 1L << 8)).isZero();
        assertThat(device.execute(opcode | 1L << 12, 1L << 10)).isZero();
        assertThat(device.execute(opcode | 1L << 20, 1L << 10)).isZero();
        assertThat(device.execute(opcode, 3L << 8)).as("TG=0: TTL is ignored").isZero();
    }

    @Test
    void granuleWithoutRangeAndLevelIsOnePageToADeviceThatIsCompatibleWithQemu() {
        final Device device = new Device(
                Features.plain().qemu().build());
        assertThat(device.execute(0x12 | sid(7), 0x5000 | 2L << 10)).isZero();
        assertThat(log).containsExactly("at 7 0 0x5000 2 0 0");
    }

    @Test
    void rangeFieldsAreReservedWithoutRil() {
        assertThat(new Device(options(true, true, true, true, 0, 20, false)).execute(0x12, 1L << 10)).isZero();
        assertThat(log).containsExactly("at 0 0 0x0 0 0 0");
    }

    @Test
    void atcInvAlignsTheAddressToTheSpan() {
        final Device device = everything();
        device.execute(0x40 | sid(0x100), 0x1234_5000L | 4);
        device.execute(0x40 | sid(0x100) | SSV | 0x7L << 12 | 1L << 9, 0x1234_5000L);
        device.execute(0x40 | sid(0x100) | 1L << 9, 0x1234_5000L | 52);
        device.execute(0x40 | sid(0x100), 0x1234_5000L | 63);
        assertThat(log).containsExactly("atc 0x100 -1 false 0x12340000 4", "atc 0x100 7 true 0x12345000 0",
                "atc 0x100 -1 false 0x0 52", "atc 0x100 -1 false 0x0 52");
    }

    @Test
    void atcInvWithoutSubstreamsBehavesAsWithoutSsv() {
        new Device(options(true, true, true, true, 0, 0, true)).execute(0x40 | sid(8) | SSV | 5L << 12, 0);
        assertThat(log).containsExactly("atc 0x8 -1 false 0x0 0");
    }

    @Test
    void atcInvAndPriRespAreIgnoredWhileTranslationIsOffButIllegalStaysIllegal() {
        final Device device = everything();
        device.frame.write(0x20, 4, 0);
        assertThat(device.execute(0x40 | sid(8), 0)).isZero();
        assertThat(device.execute(0x41 | sid(8), 2L << 12)).isZero();
        assertThat(device.execute(0x41 | sid(8), 3L << 12)).isEqualTo(CERROR_ILL);
        assertThat(log).isEmpty();
        assertThat(device.execute(0x30, 0)).as("other invalidations work").isZero();
        assertThat(log).containsExactly("all");
    }

    @Test
    void reservedPriRespIsIllegal() {
        assertThat(everything().execute(0x41, 3L << 12)).isEqualTo(CERROR_ILL);
    }

    @Test
    void syncWaitsForTransactionsThenForEventsThenForDevices() {
        final Device device = everything();
        assertThat(device.execute(0x46, 0)).isZero();
        assertThat(log).containsExactly("quiesce", "drain", "confirm");
    }

    @Test
    void syncWithReservedSignalIsIllegal() {
        assertThat(everything().execute(0x46 | 3L << 12, 0)).isEqualTo(CERROR_ILL);
        assertThat(log).isEmpty();
    }

    @Test
    void syncFailsWhenADeviceDoesNotConfirm() {
        final Device device = everything();
        confirmed = false;
        assertThat(device.execute(0x46 | 1L << 12, 0)).isEqualTo(CERROR_ATC_INV_SYNC);
        assertThat(machine.takeInterrupts()).isEmpty();
    }

    @Test
    void syncSignalsAsItIsTold() {
        final Device device = everything();
        device.executor.consumed(0x46, SmmuMachine.DOORBELL);
        device.executor.consumed(0x46 | 2L << 12, SmmuMachine.DOORBELL);
        assertThat(machine.takeInterrupts()).as("none, and SEV that isn't offered").isEmpty();
        device.executor.consumed(0x46 | 1L << 12 | sid(0x55), SmmuMachine.DOORBELL);
        assertThat(machine.takeInterrupts()).containsExactly("msi 0x8020040 0x55", "line 2");
        device.executor.consumed(0x46 | 1L << 12 | sid(0x55), 0);
        assertThat(machine.takeInterrupts()).containsExactly("line 2");
        device.executor.consumed(0x30, 0);
        assertThat(machine.takeInterrupts()).isEmpty();
    }

    @Test
    void syncMessageToMemoryIsAWriteOf32Bits() {
        machine.store64(SmmuMachine.RAM + 0x100, -1L);
        everything().executor.consumed(0x46 | 1L << 12 | sid(0x1234), SmmuMachine.RAM + 0x104);
        assertThat(machine.load64(SmmuMachine.RAM + 0x100)).isEqualTo(0x0000_1234_FFFF_FFFFL);
        assertThat(machine.takeInterrupts()).containsExactly("line 2");
    }

    @Test
    void abortedSyncMessageIsAGlobalError() {
        final Device device = everything();
        machine.messagesAbort = true;
        device.executor.consumed(0x46 | 1L << 12, SmmuMachine.DOORBELL);
        assertThat(device.frame.read(0x60, 4)).isEqualTo(0x10);
    }
}
