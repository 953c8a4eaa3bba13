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

package io.viommu.smmu.register;

/** A device of which only the registers are there. */
public final class Silence implements FrameListener {
    @Override
    public boolean changing(final int cleared, final int set) {
        return true;
    }

    @Override
    public void bypassChanged() {
    }

    @Override
    public void enabled(final int bits) {
    }

    @Override
    public boolean interruptsDisabling() {
        return true;
    }
}
