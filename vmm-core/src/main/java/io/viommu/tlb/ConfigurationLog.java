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

package io.viommu.tlb;

/**
 * Which decoded configurations invalidations have dropped. All threads share one; each asks it whether what it keeps in
 * its {@link KeptConfigurations} is still good. Any thread may call any method.
 */
public final class ConfigurationLog {

    private final InvalidationLog log = new InvalidationLog();

    /** Makes a log that has dropped nothing. */
    public ConfigurationLog() {
    }

    /**
     * Drops configurations. Look-ups that begin when this has returned don't find them, nor those that were being read
     * meanwhile. The cost does not depend on how many are kept.
     *
     * @param scope which; configurations have no address.
     */
    public void invalidate(final InvalidationScope scope) {
        log.append(scope);
    }

    /** The sequence to read configurations under and to validate kept ones at. */
    long sequence() {
        return log.sequence();
    }

    boolean admits(final long sequence, final long epoch, final long deviceWord, final long tagWord) {
        return log.admits(sequence, epoch, 0, deviceWord, tagWord);
    }
}
