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

import java.util.List;

/** Writes invalidations down. */
final class SinkLog implements InvalidationSink {

    private final List<String> log;

    SinkLog(final List<String> log) {
        this.log = log;
    }

    private void add(final String format, final Object... arguments) {
        log.add(String.format(format, arguments));
    }

    @Override
    public void configurationAll() {
        add("configuration");
    }

    @Override
    public void configurationStreams(final int streamId, final int range) {
        add("streams 0x%x %d", streamId, range);
    }

    @Override
    public void configurationContext(final int streamId, final int substreamId) {
        add("context 0x%x 0x%x", streamId, substreamId);
    }

    @Override
    public void configurationContexts(final int streamId) {
        add("contexts 0x%x", streamId);
    }

    @Override
    public void translationsAll() {
        add("all");
    }

    @Override
    public void stage1TranslationsOfVmid(final int vmid) {
        add("stage 1 of vmid %d", vmid);
    }

    @Override
    public void translationsOfVmid(final int vmid) {
        add("vmid %d", vmid);
    }

    @Override
    public void translationsOfAsid(final int vmid, final int asid) {
        add("asid %d %d", vmid, asid);
    }

    @Override
    public void translationsAt(final int vmid, final int asid, final long address, final int tg, final int num,
            final int scale) {
        add("at %d %d 0x%x %d %d %d", vmid, asid, address, tg, num, scale);
    }

    @Override
    public void translationsAtAnyAsid(final int vmid, final long address, final int tg, final int num,
            final int scale) {
        add("at %d any 0x%x %d %d %d", vmid, address, tg, num, scale);
    }

    @Override
    public void translationsAtIpa(final int vmid, final long address, final int tg, final int num, final int scale) {
        add("ipa %d 0x%x %d %d %d", vmid, address, tg, num, scale);
    }

    @Override
    public void el2TranslationsAll() {
        add("el2");
    }

    @Override
    public void el2TranslationsOfAsid(final int asid) {
        add("el2 asid %d", asid);
    }

    @Override
    public void el2TranslationsAt(final int asid, final long address, final int tg, final int num, final int scale) {
        add("el2 at %d 0x%x %d %d %d", asid, address, tg, num, scale);
    }

    @Override
    public void el2TranslationsAtAnyAsid(final long address, final int tg, final int num, final int scale) {
        add("el2 at any 0x%x %d %d %d", address, tg, num, scale);
    }

    @Override
    public boolean tryQuiesce() {
        quiesce();
        return true;
    }

    @Override
    public void quiesce() {
        add("quiesce");
    }
}
