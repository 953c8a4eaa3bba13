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
package io.viommu.smmu.dma;

import io.viommu.fault.FaultOutlet;
import io.viommu.fault.FaultPort;
import io.viommu.iommu.DmaTranslator;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.command.InvalidationSink;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.fault.StallPort;
import io.viommu.tlb.ConfigurationLog;
import io.viommu.tlb.DmaEpochs;
import io.viommu.tlb.TranslationCache;

/**
 * The SMMU as the DMA of emulated devices sees it: sessions that translate, the cache that they share, and the faces
 * for the register and command side.
 *
 * <p>Sessions are used by DMA threads, one thread each. {@link #update} is called by the vCPU thread whose register
 * write takes effect, {@link #invalidations()} by the one that executes commands; both may run beside any number of
 * sessions.
 */
public final class SmmuDmaTranslator implements DmaTranslator {

    private final GuestMemory memory;
    private final SmmuCapabilities capabilities;
    private final TranslationCache cache;
    private final DmaEpochs epochs = new DmaEpochs();
    private final ConfigurationLog configurations = new ConfigurationLog();
    private final FaultOutlet faults = new FaultOutlet();
    private final InvalidationSink invalidations;
    private final StallPort stalls;
    private volatile SmmuContext context;

    /**
     * Makes a translator in the state after reset.
     *
     * @param memory       the guest's memory.
     * @param capabilities what the SMMU offers.
     * @param stalls       where transactions are parked that the guest wants stalled.
     * @param cacheEntries size of the translation cache, 4 to 16777216.
     */
    public SmmuDmaTranslator(final GuestMemory memory, final SmmuCapabilities capabilities, final StallPort stalls,
            final int cacheEntries) {
        this.memory = memory;
        this.capabilities = capabilities;
        this.stalls = stalls;
        this.cache = new TranslationCache(cacheEntries);
        this.context = SmmuContext.reset(capabilities);
        this.invalidations = new CacheInvalidations(capabilities, cache, configurations, epochs, () -> context);
    }

    /**
     * Makes a translator with a cache of {@link TranslationCache#DEFAULT_ENTRIES}.
     *
     * @param memory   the guest's memory.
     * @param capabilities what the SMMU offers.
     * @param stalls   where transactions are parked that the guest wants stalled.
     */
    public SmmuDmaTranslator(final GuestMemory memory, final SmmuCapabilities capabilities, final StallPort stalls) {
        this(memory, capabilities, stalls, TranslationCache.DEFAULT_ENTRIES);
    }

    /**
     * Gives it the pipeline that faults go to. Without one they are not recorded.
     *
     * @param pipeline the pipeline that injects into this SMMU.
     */
    public void connect(final FaultPort pipeline) {
        faults.connect(pipeline);
    }

    /**
     * Puts registers into effect. Transactions that begin when this has returned go by them; {@link InvalidationSink
     * #quiesce} waits for those that began before.
     *
     * @param registers the new state.
     */
    public void update(final SmmuContext registers) {
        context = registers;
        invalidations.configurationAll();
    }

    /**
     * The registers in effect.
     *
     * @return the last that {@link #update} was given.
     */
    public SmmuContext context() {
        return context;
    }

    /**
     * Where the command executor sends invalidations.
     *
     * @return the same each time.
     */
    public InvalidationSink invalidations() {
        return invalidations;
    }

    @Override
    public SmmuSession openSession() {
        return new SmmuSession(this, epochs);
    }

    /**
     * Opens the injector's view of the guest's tables.
     *
     * @return the view, belonging to the thread that uses it.
     */
    public GuestTableWalk openTables() {
        return new GuestTableWalk(this);
    }

    ConfigurationLog configurations() {
        return configurations;
    }

    GuestMemory memory() {
        return memory;
    }

    SmmuCapabilities capabilities() {
        return capabilities;
    }

    TranslationCache cache() {
        return cache;
    }

    FaultOutlet faults() {
        return faults;
    }

    StallPort stalls() {
        return stalls;
    }
}
