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

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultObserver;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.ModelConfig;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vtd.dma.VtdSession;

/**
 * A whole unit over {@link TestTables}, programmed by its registers: DMA goes in by a session, what becomes of it is
 * seen in registers, memory and messages.
 */
public final class DmaGuest implements AutoCloseable {

    public static final long FAULT_VECTOR = 0x41;
    private static final int GSTS = 0x1C;
    private static final int GCMD = 0x18;

    public final TestTables tables;
    public final Messages messages = new Messages();
    public final VtdUnit unit;
    public final VtdSession session;
    private final FaultPipeline pipeline;

    /** Boots a unit with everything that it can have, less what the options take away. */
    public DmaGuest(final TestTables tables, final String options) {
        this(tables, options, guest -> {
        });
    }

    /** Likewise, with something done before translation is switched on. */
    public DmaGuest(final TestTables tables, final String options, final Consumer<DmaGuest> before) {
        this(tables, options, HostIommu.NONE, before);
    }

    /** Likewise, with hardware. */
    public DmaGuest(final TestTables tables, final String options, final HostIommu host,
            final Consumer<DmaGuest> before) {
        this.tables = tables;
        final Map<String, String> properties = new HashMap<>(Map.of("aw-bits", "57", "srs", "on", "fs5lp", "on"));
        for (final String option : options.isEmpty() ? new String[0] : options.split(" ")) {
            properties.put(option.split("=")[0], option.split("=")[1]);
        }
        unit = new VtdUnit(VtdConfig.of(ModelConfig.of("intel-iommu", VtdConfig.PROPERTIES, properties)),
                new IommuPlatform(tables.memory, messages, host));
        pipeline = new FaultPipeline(PipelineSettings.named("unit").mode(InjectorMode.RUN_TO_COMPLETION), unit,
                new FaultAccount(CounterFile.inMemory(), "unit"), FaultObserver.NONE);
        session = unit.openSession();
        writel(0x3C, FAULT_VECTOR);
        writel(0x40, 0xFEE0_0000L);
        writel(0x38, 0);
        before.accept(this);
        writeq(0x20, tables.rootTable);
        command(1L << 30);
        command(1L << 31);
    }

    /** Sets bits of the global command register. */
    public void command(final long bits) {
        writel(GCMD, readl(GSTS) & 0x96FF_FFFFL | bits);
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

    public int dma(final int pasid, final long iova, final int access) {
        session.begin();
        try {
            return session.translate(TestTables.SID, pasid, iova, access);
        } finally {
            session.end();
        }
    }

    /** The 16 bytes of a fault recording register, highest first, in four words; null if it holds none. */
    public String record(final int index) {
        final long at = (readq(8) >>> 24 & 0x3FF) * 16 + 16L * index;
        if (readl(at + 12) >>> 31 == 0) {
            return null;
        }
        return String.format("%08x %08x %08x %08x", readl(at + 12), readl(at + 8), readl(at + 4), readl(at));
    }

    @Override
    public void close() {
        session.close();
        pipeline.close();
    }
}
