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

package io.viommu.vtd.hardware;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import org.agrona.collections.Long2ObjectHashMap;

import io.viommu.iommu.DmaSession;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.NestedRequesters;
import io.viommu.tlb.KeptConfigurations;
import io.viommu.vtd.command.InvalidationSink;
import io.viommu.vtd.config.DeviceConfiguration;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.config.PasidTable;
import io.viommu.vtd.config.RootTable;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * Keeps the hardware in step with the guest's PASID tables. With caching mode the guest invalidates every entry that it
 * changes, entries that it makes present included (VT-d 6.1); each time the entry is looked up anew, and what the
 * hardware has is installed, replaced or removed. First-stage invalidations go on to the hardware for each PASID that
 * they concern.
 *
 * <p>Only first-stage translation can be given to the hardware: a guest's second stage would have to be shadowed, and
 * pass-through has no table, so requests of such entries are blocked, as are all while translation is off.
 *
 * <p>An entry that the guest names by an invalidation of a whole domain, or of everything, is found only if it is
 * installed, or is that of requests without PASID: guests name new PASIDs one by one. There are never more than
 * {@value #MOST} installed; further ones are blocked.
 */
public final class HardwareRequesters implements InvalidationSink {

    /** Most entries that a guest can make the host keep. */
    static final int MOST = 4096;

    private static final int NO_PASID = DmaSession.NO_PASID;
    private static final int PASID_BITS = 21;
    private static final long ALL = -1L;

    /** What the hardware was told, and what invalidations find it by. */
    private record Entry(long table, int width, long flags, int domain, int pasid) {
    }

    private final InvalidationSink own;
    private final NestedRequesters host;
    private final Supplier<VtdContext> registers;
    private final RootTable roots;
    private final PasidTable pasids;
    private final DeviceConfiguration device = new DeviceConfiguration();
    private final DmaRequest request = new DmaRequest();
    private final VtdFault fault = new VtdFault();
    private final Long2ObjectHashMap<Entry> installed = new Long2ObjectHashMap<>();
    private final PasidListener listener;
    /** How many invalidations the hardware was asked for, and how many of them it is known to have done. */
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong settled = new AtomicLong();

    /** Learns that what the hardware knew of a PASID is gone, and with it what the host wanted answered. */
    @FunctionalInterface
    public interface PasidListener {
        /**
         * An entry was removed or replaced.
         *
         * @param requester the guest's requester id.
         * @param pasid     20 bits, or {@link InvalidationSink#NO_PASID}.
         */
        void gone(int requester, int pasid);
    }

    /**
     * Makes the link; nothing is installed until the guest invalidates something, or a device is added.
     *
     * @param own       forgets what the unit itself has cached.
     * @param platform  the hardware, and the guest's memory.
     * @param registers the registers in effect.
     * @param listener  told of entries that are gone.
     */
    public HardwareRequesters(final InvalidationSink own, final IommuPlatform platform,
            final Supplier<VtdContext> registers, final PasidListener listener) {
        this.own = own;
        this.host = platform.host().requesters();
        this.registers = registers;
        this.listener = listener;
        this.roots = new RootTable(platform.memory(), KeptConfigurations.ofNothing(RootTable::entry));
        this.pasids = PasidTable.reading(platform.memory());
    }

    /**
     * A passed-through device has come; it was cut off until now.
     *
     * @param requester the guest's requester id.
     */
    public synchronized void added(final int requester) {
        installed.keySet().removeIf(key -> requester(key) == requester);
        refresh(requester, NO_PASID);
    }

    private static long key(final int requester, final int pasid) {
        return (long) requester << PASID_BITS | (pasid < 0 ? 0 : pasid + 1L);
    }

    private static int requester(final long key) {
        return (int) (key >>> PASID_BITS);
    }

    private static int pasid(final long key) {
        return (int) (key & (1L << PASID_BITS) - 1) - 1;
    }

    /** Brings the hardware to what the guest's tables say now of one requester and PASID. */
    private void refresh(final int requester, final int pasid) {
        final long key = key(requester, pasid);
        final Entry before = installed.get(key);
        final Entry now = before != null || installed.size() < MOST ? entry(requester, pasid) : null;
        if (now == null ? before == null : now.equals(before)) {
            return;
        }
        if (before != null) {
            installed.remove(key);
            listener.gone(requester, pasid);
        }
        if (now == null) {
            host.remove(requester, pasid);
        } else if (host.install(requester, pasid, now.table, now.width, now.flags)) {
            installed.put(key, now);
        }
    }

    private Entry entry(final int requester, final int pasid) {
        final VtdContext context = registers.get();
        request.set(requester, pasid, 0, DmaSession.READ);
        fault.clear();
        if (!context.translating() || roots.lookup(context, request, device, fault) != VtdFault.NONE
                || !device.scalable() || pasids.lookup(context, request, device, fault) != VtdFault.NONE
                || device.type() != PasidEntryLayout.PGTT_FIRST_STAGE) {
            return null;
        }
        final long flags = flag(PasidEntryLayout.SRE, NestedRequesters.SUPERVISOR)
                | flag(PasidEntryLayout.EAFE, NestedRequesters.EXTENDED_ACCESSED)
                | flag(PasidEntryLayout.WPE, NestedRequesters.WRITE_PROTECT);
        return new Entry(device.firstStage().base(), device.firstStage().inputBits(), flags, device.domainId(),
                device.pasid());
    }

    private long flag(final long mask, final long bit) {
        return device.firstStageFlag(mask) ? bit : 0;
    }

    private void refreshAll() {
        for (final long key : keys()) {
            refresh(requester(key), pasid(key));
        }
        host.forEach(requester -> refresh(requester, NO_PASID));
    }

    private long[] keys() {
        return installed.keySet().stream().mapToLong(Long::longValue).toArray();
    }

    /** Forwards an invalidation to each entry of a domain, and of one PASID if that is not negative. */
    private void invalidate(final int domain, final int pasid, final long address, final long pages,
            final boolean leafOnly) {
        for (final long key : keys()) {
            final Entry entry = installed.get(key);
            if (entry.domain == domain && (pasid < 0 || entry.pasid == pasid)) {
                invalidateInHardware(key, address, pages, leafOnly);
            }
        }
    }

    @Override
    public synchronized void forgetAllContexts() {
        own.forgetAllContexts();
        refreshAll();
    }

    @Override
    public synchronized void forgetContexts(final int sourceId, final int ignoredBits) {
        own.forgetContexts(sourceId, ignoredBits);
        for (final long key : keys()) {
            if ((requester(key) & ~ignoredBits) == (sourceId & ~ignoredBits)) {
                refresh(requester(key), pasid(key));
            }
        }
        host.forEach(requester -> {
            if ((requester & ~ignoredBits) == (sourceId & ~ignoredBits)) {
                refresh(requester, NO_PASID);
            }
        });
    }

    @Override
    public synchronized void forgetAllPasids() {
        own.forgetAllPasids();
        refreshAll();
    }

    @Override
    public synchronized void forgetPasids(final int domain) {
        own.forgetPasids(domain);
        refreshAll();
    }

    @Override
    public synchronized void forgetPasid(final int domain, final int pasid) {
        own.forgetPasid(domain, pasid);
        host.forEach(requester -> {
            refresh(requester, pasid);
            refresh(requester, NO_PASID);
        });
    }

    @Override
    public synchronized void forgetAllTranslations() {
        own.forgetAllTranslations();
        for (final long key : keys()) {
            invalidateInHardware(key, 0, ALL, false);
        }
    }

    @Override
    public synchronized void forgetDomain(final int domain) {
        own.forgetDomain(domain);
        invalidate(domain, NO_PASID, 0, ALL, false);
    }

    /** Second-stage addresses say nothing of a first stage's: all of the domain goes (VT-d table 23). */
    @Override
    public synchronized void forgetPages(final int domain, final long address, final int addressMask,
            final boolean leafOnly) {
        own.forgetPages(domain, address, addressMask, leafOnly);
        invalidate(domain, NO_PASID, 0, ALL, false);
    }

    @Override
    public synchronized void forgetPasidTranslations(final int domain, final int pasid) {
        own.forgetPasidTranslations(domain, pasid);
        invalidate(domain, pasid, 0, ALL, false);
    }

    @Override
    public synchronized void forgetPasidPages(final int domain, final int pasid, final long address,
            final int addressMask, final boolean leafOnly) {
        own.forgetPasidPages(domain, pasid, address, addressMask, leafOnly);
        final long pages = 1L << addressMask;
        final long first = address & ~((pages << 12) - 1);
        final boolean everything = addressMask >= Long.SIZE - 12;
        invalidate(domain, pasid, everything ? 0 : first, everything ? ALL : pages, leafOnly);
    }

    /**
     * The guest learns that its invalidations are done (VT-d 6.5.2.8): the hardware's must be. Who may only look
     * doesn't wait for the hardware either.
     */
    @Override
    public boolean quiesce(final long nanos) {
        if (!own.quiesce(nanos)) {
            return false;
        }
        final long now = asked.get();
        if (nanos == 0) {
            return settled.get() >= now;
        }
        host.settle();
        settled.accumulateAndGet(now, Math::max);
        return true;
    }

    private void invalidateInHardware(final long key, final long address, final long pages, final boolean leafOnly) {
        host.invalidate(requester(key), pasid(key), address, pages, leafOnly);
        asked.incrementAndGet();
    }

    @Override
    public void forgetAllInterrupts() {
        own.forgetAllInterrupts();
    }

    @Override
    public void forgetInterrupts(final int index, final int indexMask) {
        own.forgetInterrupts(index, indexMask);
    }

    @Override
    public int invalidateDevice(final int sourceId, final int pasid, final long address, final int pagesLog2) {
        return own.invalidateDevice(sourceId, pasid, address, pagesLog2);
    }

    @Override
    public void pageRequested(final int sourceId, final int pasid, final long address) {
        own.pageRequested(sourceId, pasid, address);
    }
}
