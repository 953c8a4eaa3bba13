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

package io.viommu.vtd;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.iommu.HostIommu;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.ModelConfig;
import io.viommu.memory.GuestRam;
import io.viommu.vtd.command.InvalidationSink;
import io.viommu.vtd.fault.VtdFaultText;

/** A unit in a small machine: 61 MiB of RAM from 0, a sink for messages, and a driver that acts as Linux's does. */
public final class TestGuest {

    public static final long FSTS = 0x34;
    public static final long FECTL = 0x38;
    public static final int RAM = 64 << 20;

    public final GuestRam memory = new GuestRam();
    public final Messages messages = new Messages();
    public final List<String> log = new ArrayList<>();
    public final List<String> answers = new ArrayList<>();
    public final VtdUnit unit;
    private final UnsafeBuffer scratch = new UnsafeBuffer(ByteBuffer.allocateDirect(64));

    /** With a sink that takes invalidations in place of the unit's own. */
    public TestGuest(final Map<String, String> properties, final InvalidationSink sink) {
        this(properties, (UnaryOperator<InvalidationSink>) own -> sink);
    }

    private TestGuest(final Map<String, String> properties, final UnaryOperator<InvalidationSink> watch) {
        memory.addRegion(0, Arena.ofAuto().allocate(RAM));
        final HostIommu host = (source, cookie, code) -> answers.add(source + "/" + cookie + "/" + code);
        unit = new VtdUnit(VtdConfig.of(ModelConfig.of("intel-iommu", VtdConfig.PROPERTIES, properties)),
                new IommuPlatform(memory, messages, host), watch);
    }

    public TestGuest(final Map<String, String> properties) {
        this(properties, UnaryOperator.identity());
    }

    public TestGuest() {
        this(Map.of());
    }

    public long readl(final long offset) {
        return unit.read(offset, 4);
    }

    public long readq(final long offset) {
        return unit.read(offset, 8);
    }

    public void writel(final long offset, final long value) {
        unit.write(offset, 4, value);
    }

    public void writeq(final long offset, final long value) {
        unit.write(offset, 8, value);
    }

    public void ram(final long address, final long... words) {
        for (int i = 0; i < words.length; i++) {
            scratch.putLong(0, words[i]);
            memory.write(address + 8L * i, scratch, 0, 8);
        }
    }

    public long ram(final long address) {
        memory.read(address, scratch, 0, 8);
        return scratch.getLong(0);
    }

    /** Fault event on vector 41h, root table latched in a mode, translation on. */
    public TestGuest boot(final int translationMode) {
        writel(0x3C, 0x41);
        writel(0x40, 0xFEE0_0000L);
        writel(FECTL, 0);
        writeq(0x20, 0x100_0000L | (long) translationMode << 10);
        writel(0x18, 1L << 30);
        writel(0x18, readl(0x1C) & 0x96FF_FFFFL | 1L << 31);
        return this;
    }

    public long faultOffset() {
        return (readq(0x8) >>> 24 & 0x3FF) * 16;
    }

    /** What the interrupt handler of Linux's driver does; true if there was a fault. */
    public boolean dmarFault() {
        final long status = readl(FSTS);
        if (status != 0) {
            log.add("DMAR: DRHD: handling fault status reg " + Long.toHexString(status));
        }
        if ((status & 2) == 0) {
            return false;
        }
        final int records = (int) (readq(0x8) >>> 40 & 0xFF) + 1;
        int index = (int) (status >>> 8 & 0xFF);
        while (true) {
            final long at = faultOffset() + index * 16L;
            final long top = readl(at + 12);
            if ((top & 0x8000_0000L) == 0) {
                break;
            }
            log.add(VtdFaultText.linuxLine(readq(at), top << 32 | readl(at + 8)));
            writel(at + 12, 0x8000_0000L);
            index = index + 1 == records ? 0 : index + 1;
        }
        writel(FSTS, 0x83);
        return true;
    }
}
