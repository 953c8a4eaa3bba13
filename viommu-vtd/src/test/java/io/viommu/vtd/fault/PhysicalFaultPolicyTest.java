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

package io.viommu.vtd.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.LostEventPolicy;
import io.viommu.iommu.DmaSession;
import io.viommu.vtd.Messages;
import io.viommu.vtd.register.Drain;
import io.viommu.vtd.register.EventLine;
import io.viommu.vtd.register.FrameListener;
import io.viommu.vtd.register.GlobalCommand;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;

/** What a guest sees of a physical fault, row by row. */
class PhysicalFaultPolicyTest {

    private static final VtdCapabilities CAPABILITIES = new VtdCapabilities(0x81d20f8c222f0606L, 0x0000899800f00f4aL);
    private static final int FRCD = 0x220;

    private final RegisterFrame frame = new RegisterFrame(CAPABILITIES, false);
    private final RemappingState state = new RemappingState(frame.registers());
    private final FaultRecordingRegisters faults = new FaultRecordingRegisters(frame,
            EventLine.fault(frame.registers(), new Messages()), false);
    private GuestTables tables = new Tables(GuestTables.ALLOWED, false);
    private final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);

    PhysicalFaultPolicyTest() {
        new GlobalCommand(frame, state, new Quiet(),
                new Drain(nanos -> true, () -> false));
        enable(1);
    }

    private void enable(final int mode) {
        frame.registers().write(0x20, 8, (long) mode << 10);
        frame.registers().write(0x18, 4, 1L << 30 | 1L << 31);
    }

    /** The intake asks the policy and writes what it says. */
    private FaultDisposition inject() {
        return new FaultInjection(faults, new PhysicalFaultPolicy(state, tables), null, LostEventPolicy.LOG, state)
                .inject(record);
    }

    private FaultDisposition raw(final int code, final boolean asReported) {
        record.clear();
        record.kind(FaultKind.VTD_FAULT).asReported(asReported).guestDevice(0x0108).hostDevice(0xC0FFEE);
        record.word(0, 0x7000_1234_5000L).word(1, 0x4000_2A00_8000_BEEFL | (long) code << 32);
        return inject();
    }

    private long high() {
        return frame.registers().read(FRCD + 8, 8);
    }

    private int shown() {
        return (int) (high() >>> 32) & 0xFF;
    }

    @ParameterizedTest
    @ValueSource(ints = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x30,
        0x31,
        0x32, 0x33, 0x38, 0x39, 0x3A, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x50, 0x51, 0x52,
        0x58, 0x59, 0x5A, 0x5B, 0x5C, 0x5D, 0x70, 0x71, 0x72, 0x73, 0x80, 0x81, 0x82, 0x83, 0x85, 0x86, 0x87, 0x90,
        0x91 })
    void faultsOfTheGuestsTablesAreShownAsRecorded(final int code) {
        assertThat(raw(code, true)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(shown()).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({ "0x74,0x70", "0x75,0x73", "0x76,0x70", "0x77,0x70" })
    void tableOutsideTheGuestsMemoryIsAnErrorAccessingItsTable(final int physical, final int guest) {
        assertThat(raw(physical, true)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(shown()).isEqualTo(guest);
    }

    @ParameterizedTest
    @ValueSource(ints = { 0x78, 0x79, 0x7A, 0x7B, 0x7C, 0x7D, 0x84 })
    void secondStageFaultsAreTheHosts(final int code) {
        assertThat(raw(code, true)).isEqualTo(FaultDisposition.HOST_STAGE_2);
        assertThat(high()).as("nothing shown").isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = { 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29 })
    void interruptRemappingFaultsAreTheHosts(final int code) {
        assertThat(raw(code, true)).isEqualTo(FaultDisposition.HOST_INTERRUPT);
        tables = new Tables(0x71, false);
        assertThat(raw(code, false)).as("live too").isEqualTo(FaultDisposition.HOST_INTERRUPT);
        assertThat(high()).isZero();
    }

    /** 5.1.4: a unit that remaps interrupts records these for any device, whether DMA is remapped or not. */
    @ParameterizedTest
    @ValueSource(ints = { 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29 })
    void reportedInterruptFaultsAreShownToAGuestThatRemapsInterrupts(final int code) {
        frame.registers().write(0x18, 4, 1L << 25);
        assertThat(raw(code, true)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(shown()).isEqualTo(code);
        assertThat(high() & 0xFFFF).as("the guest's requester id").isEqualTo(0x0108);
        assertThat(frame.registers().read(FRCD, 8)).as("the index").isEqualTo(0x7000_1234_5000L);
        assertThat(raw(code, false)).as("live").isNotEqualTo(FaultDisposition.DELIVERED);
    }

    @ParameterizedTest
    @ValueSource(ints = { 0x00, 0x0F, 0x34, 0x3B, 0x49, 0x60, 0x7E, 0x88, 0x89, 0xA0, 0xFF })
    void codesThatNoGuestUnitCanHaveAreNotRepresentable(final int code) {
        assertThat(raw(code, true)).isEqualTo(FaultDisposition.NOT_REPRESENTABLE);
    }

    @Test
    void requesterIsTheGuestsAndPasidTypeAndAddressAreKept() {
        raw(0x71, true);
        assertThat(high()).isEqualTo(0xC000_2A71_8000_0108L);
        assertThat(frame.registers().read(FRCD, 8)).isEqualTo(0x7000_1234_5000L);
    }

    @Test
    void liveFaultGetsTheReasonOfTheGuestsTables() {
        final Tables asked = new Tables(0x59, false);
        tables = asked;
        assertThat(raw(0x71, false)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(shown()).isEqualTo(0x59);
        assertThat(asked.asked).isEqualTo("108 pasid 2a at 700012345000 access " + DmaSession.READ);
    }

    @Test
    void liveFaultThatTheGuestsTablesDoNotExplainIsNotReported() {
        tables = new Tables(GuestTables.ALLOWED, false);
        assertThat(raw(0x71, false)).isEqualTo(FaultDisposition.NOT_REPRODUCED);
        assertThat(raw(0x79, false)).isEqualTo(FaultDisposition.HOST_STAGE_2);
        tables = new Tables(GuestTables.SUPPRESSED, false);
        assertThat(raw(0x71, false)).isEqualTo(FaultDisposition.FAULT_PROCESSING_DISABLED);
        assertThat(high()).isZero();
    }

    @Test
    void faultProcessingDisableSuppressesQualifiedReasonsOnly() {
        tables = new Tables(0, true);
        assertThat(raw(0x71, true)).isEqualTo(FaultDisposition.FAULT_PROCESSING_DISABLED);
        assertThat(raw(0x39, true)).as("SRT.2 is not qualified").isEqualTo(FaultDisposition.DELIVERED);
    }

    @Test
    void unitWithTranslationOffHasNoDmaFault() {
        frame.registers().write(0x18, 4, 0);
        assertThat(raw(0x71, true)).isEqualTo(FaultDisposition.TRANSLATION_DISABLED);
    }

    /** Reason, permissions (1 R, 2 W, 4 X), then legacy and scalable code; 0 is not representable. */
    @ParameterizedTest
    @CsvSource({ "0,1,0,0", "1,1,0,0x58", "2,1,0,0x5B", "3,1,0x31,0x46", "4,1,7,0x70", "5,1,6,0x71", "5,2,5,0x71",
        "6,1,6,0x86", "6,2,5,0x85", "6,4,6,0x82", "7,1,0,0", "8,1,4,0x80", "9,1,0,0" })
    void genericReasonsBecomeThoseOfTheModeInForce(final int reason, final int permissions, final int legacy,
            final int scalable) {
        enable(0);
        assertThat(generic(reason, permissions)).isEqualTo(legacy);
        enable(1);
        assertThat(generic(reason, permissions)).isEqualTo(scalable);
    }

    private int generic(final int reason, final int permissions) {
        frame.registers().write(FRCD + 12, 4, 0x8000_0000L);
        frame.registers().write(FRCD + 28, 4, 0x8000_0000L);
        record.clear();
        record.kind(FaultKind.GENERIC).asReported(true).guestDevice(8).word(0, reason | 2L << 32).word(1, permissions)
                .word(2, 0x4321);
        final FaultDisposition end = inject();
        if (end == FaultDisposition.NOT_REPRESENTABLE) {
            return 0;
        }
        assertThat(end).isEqualTo(FaultDisposition.DELIVERED);
        final long first = high();
        return (int) ((first < 0 ? first : frame.registers().read(FRCD + 24, 8)) >>> 32) & 0xFF;
    }

    @Test
    void genericFaultCarriesPasidAccessAndAddressIfValid() {
        record.clear();
        record.kind(FaultKind.GENERIC).asReported(true).guestDevice(0x0108).pasid(0x1_2345);
        record.word(0, 6 | 3L << 32).word(1, 4 | 8).word(2, 0x4321_0000_1234L);
        inject();
        assertThat(high()).as("F, T1, PASID, 82h, PP, EXE, PRIV").isEqualTo(0xC123_4582_E000_0108L);
        assertThat(frame.registers().read(FRCD, 8)).isEqualTo(0x4321_0000_1000L);
        record.word(0, 6);
        inject();
        assertThat(frame.registers().read(FRCD + 24, 8)).isEqualTo(0xC000_0082_6000_0108L);
        assertThat(frame.registers().read(FRCD + 16, 8)).isZero();
    }

    /** Tables with one answer to everything. */
    private static final class Tables implements GuestTables {
        private final int reason;
        private final boolean disabled;
        private String asked;

        Tables(final int reason, final boolean disabled) {
            this.reason = reason;
            this.disabled = disabled;
        }

        @Override
        public int reasonFor(final int sourceId, final int pasid, final long address, final int access) {
            asked = Integer.toHexString(sourceId) + (pasid == FaultSink.NO_PASID
                    ? ""
                    : " pasid " + Integer.toHexString(pasid)) + " at " + Long.toHexString(address) + " access "
                    + access;
            return reason;
        }

        @Override
        public int reasonFor(final int sourceId, final int pasid) {
            return reason;
        }

        @Override
        public boolean faultProcessingDisabled(final int sourceId, final int pasid) {
            return disabled;
        }
    }

    private static final class Quiet implements FrameListener {
        @Override
        public void rootTableSet() {
        }

        @Override
        public void interruptTableSet() {
        }

        @Override
        public void translationSwitched(final boolean on) {
        }

        @Override
        public void interruptRemappingSwitched(final boolean on) {
        }

        @Override
        public void compatibilityInterruptsSwitched(final boolean pass) {
            // not asked about
        }

        @Override
        public void queuedInvalidationSwitched(final boolean on) {
        }

        @Override
        public void remappingSwitched() {
        }
    }
}
