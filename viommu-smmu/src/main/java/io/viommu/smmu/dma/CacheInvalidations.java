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

import java.util.function.Supplier;

import io.viommu.smmu.command.InvalidationSink;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.tlb.ConfigurationLog;
import io.viommu.tlb.DmaEpochs;
import io.viommu.tlb.InvalidationScope;
import io.viommu.tlb.TranslationCache;

/**
 * Turns invalidation commands into records of the cache's log (IHI 0070, 4.3, 4.4). Cached translations carry their
 * stream, so that configuration invalidations find them too. Commands of all threads take turns.
 */
final class CacheInvalidations implements InvalidationSink {

    private static final int WHOLE_TABLE = 31;

    private static final long PAGE = 0xFFF;

    private final SmmuCapabilities capabilities;
    private final TranslationCache cache;
    private final ConfigurationLog configurations;
    private final DmaEpochs epochs;
    private final InvalidationScope scope = new InvalidationScope();
    private final Supplier<SmmuContext> context;

    CacheInvalidations(final SmmuCapabilities capabilities, final TranslationCache cache,
            final ConfigurationLog configurations, final DmaEpochs epochs, final Supplier<SmmuContext> context) {
        this.capabilities = capabilities;
        this.cache = cache;
        this.configurations = configurations;
        this.epochs = epochs;
        this.context = context;
    }

    @Override
    public synchronized void configurationAll() {
        dropWithConfigurations(scope.all());
    }

    @Override
    public synchronized void configurationStreams(final int streamId, final int range) {
        if (range >= WHOLE_TABLE) {
            configurationAll();
            return;
        }
        dropWithConfigurations(scope.all().device(streamId, (1 << range + 1) - 1));
    }

    /** Traffic without a SubstreamID may use a descriptor too, whatever S1DSS says, so all of the stream is dropped. */
    @Override
    public void configurationContext(final int streamId, final int substreamId) {
        configurationContexts(streamId);
    }

    @Override
    public synchronized void configurationContexts(final int streamId) {
        dropWithConfigurations(scope.all().device(streamId, 0));
    }

    @Override
    public synchronized void translationsAll() {
        dropWithConfigurations(scope.all());
    }

    @Override
    public synchronized void stage1TranslationsOfVmid(final int vmid) {
        drop(ofVmid(vmid).kind(TranslationKind.EL1, 0));
    }

    /** Context descriptors are read through stage 2, so what it changes may change them. */
    @Override
    public synchronized void translationsOfVmid(final int vmid) {
        dropWithConfigurations(ofVmid(vmid));
    }

    @Override
    public synchronized void translationsOfAsid(final int vmid, final int asid) {
        drop(ofVmid(vmid).kind(TranslationKind.EL1, 0).group(asid(asid)));
    }

    @Override
    public synchronized void translationsAt(final int vmid, final int asid, final long address, final int tg,
            final int num, final int scale) {
        drop(within(ofVmid(vmid).kind(TranslationKind.EL1, 0).group(asid(asid)), address, tg, num, scale));
    }

    @Override
    public synchronized void translationsAtAnyAsid(final int vmid, final long address, final int tg, final int num,
            final int scale) {
        drop(within(ofVmid(vmid).kind(TranslationKind.EL1, 0), address, tg, num, scale));
    }

    @Override
    public synchronized void translationsAtIpa(final int vmid, final long address, final int tg, final int num,
            final int scale) {
        configurations.invalidate(ofVmid(vmid));
        drop(within(ofVmid(vmid).kind(TranslationKind.INTERMEDIATE, 0), address, tg, num, scale));
    }

    @Override
    public synchronized void el2TranslationsAll() {
        drop(ofEl2());
    }

    @Override
    public synchronized void el2TranslationsOfAsid(final int asid) {
        drop(ofEl2().group(asid(asid)));
    }

    @Override
    public synchronized void el2TranslationsAt(final int asid, final long address, final int tg, final int num,
            final int scale) {
        final InvalidationScope el2 = context.get().e2h() ? ofEl2().group(asid(asid)) : ofEl2();
        drop(within(el2, address, tg, num, scale));
    }

    @Override
    public synchronized void el2TranslationsAtAnyAsid(final long address, final int tg, final int num,
            final int scale) {
        drop(within(ofEl2(), address, tg, num, scale));
    }

    @Override
    public boolean tryQuiesce() {
        return epochs.tryQuiesce();
    }

    @Override
    public void quiesce() {
        epochs.quiesce();
    }

    /** VMIDs are matched only where there is a stage 2, and as CR0.VMW says. */
    private InvalidationScope ofVmid(final int vmid) {
        scope.all();
        if (!capabilities.stage2()) {
            return scope;
        }
        return scope.domain(capabilities.wideVmids() ? vmid : vmid & 0xFF, context.get().ignoredVmidBits());
    }

    private InvalidationScope ofEl2() {
        return scope.all().kind(TranslationKind.EL2, TranslationKind.EITHER_EL2);
    }

    private int asid(final int asid) {
        return capabilities.wideAsids() ? asid : asid & 0xFF;
    }

    /**
     * The address as a VA is sign-extended from bit 55, as cached ones are: TBI takes the top byte from both.
     */
    private static InvalidationScope within(final InvalidationScope of, final long address, final int tg,
            final int num, final int scale) {
        final long extended = address << 8 >> 8;
        return of.range(first(extended, tg), last(extended, tg, num, scale));
    }

    /**
     * The first byte that a range names (4.4.1.1): the address, aligned down to the granule, since a misaligned one may
     * hit too much.
     */
    static long first(final long address, final int tg) {
        return tg == 0 ? address & ~PAGE : address & -1L << granuleShift(tg);
    }

    /**
     * The last byte: (NUM + 1) * 2^SCALE granules from the first on, without wrapping at the top. Without TG it is one
     * page, and what lies around it goes by the size of the entry.
     */
    static long last(final long address, final int tg, final int num, final int scale) {
        final long first = first(address, tg);
        if (tg == 0) {
            return first | PAGE;
        }
        final long last = first + (num + 1L << granuleShift(tg) + scale) - 1;
        return Long.compareUnsigned(last, first) < 0 ? -1L : last;
    }

    /** TG: 1 is 4 KiB, 2 is 16 KiB, 3 is 64 KiB. */
    private static int granuleShift(final int tg) {
        return 10 + 2 * tg;
    }

    private void dropWithConfigurations(final InvalidationScope what) {
        configurations.invalidate(what);
        drop(what);
    }

    private void drop(final InvalidationScope what) {
        cache.invalidate(what);
    }
}
