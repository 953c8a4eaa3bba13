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

import io.viommu.smmu.command.InvalidationSink;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.tlb.InvalidationScope;

/**
 * Turns invalidation commands into records of the cache's log (IHI 0070, 4.3, 4.4). Cached translations carry their
 * stream, so that configuration invalidations find them too. Commands of all threads take turns.
 */
final class CacheInvalidations implements InvalidationSink {

    private static final int WHOLE_TABLE = 31;

    private final SmmuDmaTranslator translator;
    private final SmmuCapabilities capabilities;
    private final InvalidationScope scope = new InvalidationScope();

    CacheInvalidations(final SmmuDmaTranslator translator, final SmmuCapabilities capabilities) {
        this.translator = translator;
        this.capabilities = capabilities;
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
        translator.dropConfigurations(ofVmid(vmid));
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
        final InvalidationScope el2 = translator.context().e2h() ? ofEl2().group(asid(asid)) : ofEl2();
        drop(within(el2, address, tg, num, scale));
    }

    @Override
    public synchronized void el2TranslationsAtAnyAsid(final long address, final int tg, final int num,
            final int scale) {
        drop(within(ofEl2(), address, tg, num, scale));
    }

    @Override
    public boolean tryQuiesce() {
        return translator.tryQuiesce();
    }

    @Override
    public void quiesce() {
        translator.quiesce();
    }

    /** VMIDs are matched only where there is a stage 2, and as CR0.VMW says. */
    private InvalidationScope ofVmid(final int vmid) {
        scope.all();
        if (!capabilities.stage2()) {
            return scope;
        }
        final SmmuContext context = translator.context();
        return scope.domain(capabilities.wideVmids() ? vmid : vmid & 0xFF, context.ignoredVmidBits());
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
        return of.range(CommandRange.first(extended, tg), CommandRange.last(extended, tg, num, scale));
    }

    private void dropWithConfigurations(final InvalidationScope what) {
        translator.dropConfigurations(what);
        drop(what);
    }

    private void drop(final InvalidationScope what) {
        translator.drop(what);
    }
}
