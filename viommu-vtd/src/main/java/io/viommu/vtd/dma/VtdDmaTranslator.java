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

package io.viommu.vtd.dma;

import io.viommu.fault.FaultOutlet;
import io.viommu.iommu.DmaTranslator;
import io.viommu.memory.GuestMemory;
import io.viommu.tlb.ConfigurationLog;
import io.viommu.tlb.DmaEpochs;
import io.viommu.tlb.InvalidationScope;
import io.viommu.tlb.KeptConfigurations;
import io.viommu.tlb.TranslationCache;
import io.viommu.vtd.command.InvalidationSink;
import io.viommu.vtd.config.PasidTable;
import io.viommu.vtd.config.RootTable;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.register.ProtectedMemory;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.remap.VtdInterruptRemapper;
import io.viommu.vtd.walk.RequestWalk;

/**
 * The unit as the DMA of emulated devices sees it: sessions that translate, the cache that they share, and the faces
 * for the register side.
 *
 * <p>Sessions are used by DMA threads, one thread each. {@link #follow} is called by the vCPU thread whose command
 * takes effect, {@link #invalidations()} by those that invalidate; both may run beside any number of sessions.
 */
public final class VtdDmaTranslator implements DmaTranslator {

    /** Entries of the context cache, and of the PASID cache, of each session. */
    private static final int KEPT_ENTRIES = 64;

    private final GuestMemory memory;
    private final FaultOutlet faults;
    private final TranslationCache cache;
    private final ConfigurationLog contexts = new ConfigurationLog();
    private final ConfigurationLog pasids = new ConfigurationLog();
    private final boolean keepsPasids;
    private final DmaEpochs epochs = new DmaEpochs();
    private final InvalidationSink invalidations;
    private volatile VtdContext context;
    private volatile DeviceTlb devices = DeviceTlb.NONE;
    private volatile ProtectedMemory protectedMemory;

    /**
     * Makes a translator.
     *
     * @param memory       the guest's memory.
     * @param registers    the registers in effect.
     * @param faults       takes faults.
     * @param interrupts   remaps interrupts under the same invalidations.
     * @param cacheEntries size of the translation cache, 4 to 16777216.
     */
    public VtdDmaTranslator(final GuestMemory memory, final VtdContext registers, final FaultOutlet faults,
            final VtdInterruptRemapper interrupts, final int cacheEntries) {
        this.keepsPasids = !registers.likeQemu(); // QEMU reads PASID table entries for each walk
        this.memory = memory;
        this.faults = faults;
        this.context = registers;
        this.cache = new TranslationCache(cacheEntries);
        this.invalidations = new CacheInvalidations(this, interrupts);
    }

    /**
     * Gives it the devices that keep translations themselves.
     *
     * @param deviceTlbs told of device-TLB invalidations.
     */
    public void connect(final DeviceTlb deviceTlbs) {
        devices = deviceTlbs;
    }

    /**
     * Gives it the protected memory regions.
     *
     * @param regions what no device may reach, whatever its translation says.
     */
    public void protect(final ProtectedMemory regions) {
        protectedMemory = regions.offered() ? regions : null;
    }

    /**
     * Puts into effect what the guest has latched and switched. Requests that come when this has returned go by it;
     * {@link InvalidationSink#quiesce} waits for those that came before.
     *
     * @param state what is in force.
     */
    public synchronized void follow(final RemappingState state) {
        update(context.with(state.translationEnabled(), state.rootTable()));
    }

    /**
     * Puts registers into effect.
     *
     * @param registers the new state.
     */
    synchronized void update(final VtdContext registers) {
        context = registers;
        cache.invalidate(new InvalidationScope());
    }

    /**
     * The registers in effect.
     *
     * @return as the guest's last command made them.
     */
    public VtdContext context() {
        return context;
    }

    /**
     * Where the guest's invalidations go.
     *
     * @return the same each time.
     */
    public InvalidationSink invalidations() {
        return invalidations;
    }

    /**
     * The guest's tables, to ask what they say about a request, or a page request, of hardware.
     *
     * @return for the use of one thread, the injector.
     */
    public GuestTableWalk openTables() {
        return new GuestTableWalk(this);
    }

    @Override
    public VtdSession openSession() {
        return new VtdSession(this, epochs);
    }

    /**
     * Whether the calling thread is in the middle of a DMA.
     *
     * @return true between a session's begin and end.
     */
    public boolean inTransaction() {
        return epochs.inTransaction();
    }

    boolean quiesce(final long nanos) {
        return epochs.quiesce(nanos);
    }

    void drop(final InvalidationScope scope) {
        cache.invalidate(scope);
    }

    void dropContexts(final InvalidationScope scope) {
        contexts.invalidate(scope);
    }

    void dropPasids(final InvalidationScope scope) {
        pasids.invalidate(scope);
    }

    /** The walk of a session, with its share of the context cache and the PASID cache. */
    RequestWalk openWalk() {
        return new RequestWalk(memory,
                new RootTable(memory, new KeptConfigurations<>(contexts, KEPT_ENTRIES, RootTable::entry)),
                keepsPasids ? PasidTable.caching(memory, pasids, KEPT_ENTRIES) : PasidTable.reading(memory));
    }

    GuestMemory memory() {
        return memory;
    }

    FaultOutlet faults() {
        return faults;
    }

    TranslationCache cache() {
        return cache;
    }

    DeviceTlb devices() {
        return devices;
    }

    boolean isProtected(final long address) {
        final ProtectedMemory regions = protectedMemory;
        return regions != null && regions.blocks(address);
    }

    boolean protects() {
        return protectedMemory != null;
    }
}
