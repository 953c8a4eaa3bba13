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

package io.viommu.smmu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.NestedStreams;
import io.viommu.memory.GuestRam;

/** A device on a table: one MiB of RAM at 1 GiB, interrupts and answers written down, and a driver's few moves. */
public final class SmmuMachine implements InterruptSink, HostIommu {

    public static final long RAM = 0x4000_0000L;
    public static final int RAM_SIZE = 1 << 20;
    public static final long CMDQ = RAM + 0x1_0000;
    public static final long EVENTQ = RAM + 0x2_0000;
    public static final long PRIQ = RAM + 0x3_0000;
    /** An address that nothing answers at. */
    public static final long NOWHERE = 0x3F_0000_0000L;
    public static final long DOORBELL = 0x0802_0040L;

    public static final int CR0 = 0x20;
    public static final int CR0ACK = 0x24;
    public static final int IRQ_CTRL = 0x50;
    public static final int GERROR = 0x60;
    public static final int GERRORN = 0x64;
    public static final int CMDQ_BASE = 0x90;
    public static final int CMDQ_PROD = 0x98;
    public static final int CMDQ_CONS = 0x9C;
    public static final int EVENTQ_BASE = 0xA0;
    public static final int EVENTQ_PROD = 0x100A8;
    public static final int EVENTQ_CONS = 0x100AC;
    public static final int PRIQ_BASE = 0xC0;
    public static final int PRIQ_PROD = 0x100C8;
    public static final int PRIQ_CONS = 0x100CC;

    public static final int SMMUEN = 1;
    public static final int PRIQEN = 2;
    public static final int EVENTQEN = 4;
    public static final int CMDQEN = 8;

    public final GuestRam memory = new GuestRam();
    public final MemorySegment ram = Arena.ofAuto().allocate(RAM_SIZE, 4096);
    /** Pulses as "line 0", messages as "msi address data", in order. */
    public final List<String> interrupts = new ArrayList<>();
    /** Answers as "source cookie code", in order. */
    public final List<String> answers = new ArrayList<>();
    public boolean messagesAbort;
    public Runnable onInterrupt = () -> {
    };
    public final SmmuV3 smmu;

    private final UnsafeBuffer slot = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
    private final FaultRecord record = new FaultRecord().wrap(slot, 0);

    private final NestedStreams streams;

    public SmmuMachine(final String... properties) {
        this(NestedStreams.NONE, properties);
    }

    public SmmuMachine(final NestedStreams hardware, final String... properties) {
        streams = hardware;
        final Map<String, String> map = new TreeMap<>();
        for (final String property : properties) {
            final int equals = property.indexOf('=');
            map.put(property.substring(0, equals), property.substring(equals + 1));
        }
        memory.addRegion(RAM, ram);
        smmu = (SmmuV3) IommuModels.create("smmuv3", map, new IommuPlatform(memory, this, this));
    }

    /** The usual start: Event queue of 2^log2 entries, wired interrupts, translation on. */
    public SmmuMachine start(final int log2) {
        write64(EVENTQ_BASE, EVENTQ | log2);
        write(EVENTQ_PROD, 0);
        write(EVENTQ_CONS, 0);
        write(IRQ_CTRL, 7);
        write(CR0, EVENTQEN | SMMUEN);
        return this;
    }

    public void write(final int offset, final long value) {
        smmu.write(offset, 4, value & 0xFFFF_FFFFL);
    }

    public void write64(final int offset, final long value) {
        smmu.write(offset, 8, value);
    }

    public int read(final int offset) {
        return (int) smmu.read(offset, 4);
    }

    public FaultDisposition inject(final FaultRecord fault) {
        return smmu.inject(fault);
    }

    /** A cleared record of a kind, from source 3 with cookie 0x77, host device 0x1234, guest device 8. */
    public FaultRecord fault(final int kind) {
        record.clear();
        return record.kind(kind).source(3).cookie(0x77).hostDevice(0x1234).guestDevice(8);
    }

    public FaultRecord event(final long w0, final long w1, final long w2, final long w3) {
        return fault(FaultKind.SMMU_EVENT).word(0, w0).word(1, w1).word(2, w2).word(3, w3);
    }

    /** A plain guest-owned event with a recognisable address. */
    public FaultDisposition injectTranslationFault(final long address) {
        return smmu.inject(event(0x0000_1234_0000_0010L, 0x0000_0208_0000_0000L, address, 0));
    }

    public String bytes(final long gpa, final int length) {
        return HexFormat.of().formatHex(ram.asSlice(gpa - RAM, length).toArray(ValueLayout.JAVA_BYTE));
    }

    /** Entry of the Event queue. */
    public String eventBytes(final int index) {
        return bytes(EVENTQ + 32L * index, 32);
    }

    public void store64(final long gpa, final long value) {
        ram.set(ValueLayout.JAVA_LONG, gpa - RAM, value);
    }

    public long load64(final long gpa) {
        return ram.get(ValueLayout.JAVA_LONG, gpa - RAM);
    }

    public List<String> takeInterrupts() {
        final List<String> taken = List.copyOf(interrupts);
        interrupts.clear();
        return taken;
    }

    @Override
    public synchronized boolean message(final long address, final int data) {
        interrupts.add("msi 0x" + Long.toHexString(address) + " 0x" + Integer.toHexString(data));
        onInterrupt.run();
        return !messagesAbort;
    }

    @Override
    public synchronized void line(final int line, final boolean level) {
        if (level) {
            interrupts.add("line " + line);
            onInterrupt.run();
        }
    }

    @Override
    public NestedStreams streams() {
        return streams;
    }

    @Override
    public synchronized void respond(final int source, final long cookie, final int code) {
        answers.add(source + " 0x" + Long.toHexString(cookie) + " " + code);
    }
}
