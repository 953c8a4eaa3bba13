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

import io.viommu.smmu.translate.InvalidationSink;

/** Takes every invalidation of a device that caches nothing. */
final class NoCache implements InvalidationSink {

    @Override
    public void configurationAll() {
        // nothing is cached
    }

    @Override
    public void configurationStreams(final int streamId, final int range) {
        // nothing is cached
    }

    @Override
    public void configurationContext(final int streamId, final int substreamId) {
        // nothing is cached
    }

    @Override
    public void configurationContexts(final int streamId) {
        // nothing is cached
    }

    @Override
    public void translationsAll() {
        // nothing is cached
    }

    @Override
    public void translationsOfVmid(final int vmid) {
        // nothing is cached
    }

    @Override
    public void translationsOfAsid(final int vmid, final int asid) {
        // nothing is cached
    }

    @Override
    public void translationsAt(final int vmid, final int asid, final long address, final int tg, final int num,
            final int scale) {
        // nothing is cached
    }

    @Override
    public void translationsAtAnyAsid(final int vmid, final long address, final int tg, final int num,
            final int scale) {
        // nothing is cached
    }

    @Override
    public void translationsAtIpa(final int vmid, final long address, final int tg, final int num, final int scale) {
        // nothing is cached
    }

    @Override
    public void el2TranslationsAll() {
        // nothing is cached
    }

    @Override
    public void el2TranslationsOfAsid(final int asid) {
        // nothing is cached
    }

    @Override
    public void el2TranslationsAt(final int asid, final long address, final int tg, final int num, final int scale) {
        // nothing is cached
    }

    @Override
    public void el2TranslationsAtAnyAsid(final long address, final int tg, final int num, final int scale) {
        // nothing is cached
    }

    @Override
    public void quiesce() {
        // nothing is under way
    }
}
