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

import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.register.SmmuCapabilities;

/** Builds identification registers from the architecture's bit numbers. */
public final class Features {

    private int idr0;
    private int idr1;
    private int idr3;
    private int idr5;
    private int aidr;
    private boolean qemu;

    /**
     * Both stages, VMSAv8-64, little-endian, 16-bit ASIDs and VMIDs, no stalls, abort only, two-level streams; OAS 44.
     */
    public static Features plain() {
        final Features features = new Features();
        features.idr0 = 1 | 2 | 2 << 2 | 1 << 12 | 1 << 18 | 2 << 21 | 1 << 24 | 1 << 26 | 1 << 27;
        features.idr1 = 16;
        features.idr3 = 1 << 2 | 1 << 4 | 1 << 10;
        features.idr5 = 4 | 1 << 4 | 1 << 5 | 1 << 6;
        return features;
    }

    /** Plain, and substreams, two-level CDs, ATS, HTTU of both, overrides, stalls, RAZ/WI and EL2. */
    public static Features full() {
        return plain().substreams(16).idr0(19, 1, 1).idr0(10, 1, 1).idr0(6, 2, 2).idr1(26, 1, 1).idr0(24, 2, 0)
                .idr0(26, 1, 0).idr0(9, 1, 1);
    }

    /** Everything that the model can offer, with queues of any size; OAS 48. */
    public static Features everything() {
        return full().substreams(20).idr0(6, 2, 0).idr0(13, 1, 1).idr0(16, 1, 1).idr1(11, 5, 19).idr1(16, 5, 19)
                .idr1(21, 5, 19).idr5(0, 3, 5).idr5(16, 16, 512);
    }

    public Features qemu() {
        qemu = true;
        return this;
    }

    public Features idr0(final int low, final int width, final int value) {
        idr0 = put(idr0, low, width, value);
        return this;
    }

    public Features idr1(final int low, final int width, final int value) {
        idr1 = put(idr1, low, width, value);
        return this;
    }

    public Features idr3(final int low, final int width, final int value) {
        idr3 = put(idr3, low, width, value);
        return this;
    }

    public Features idr5(final int low, final int width, final int value) {
        idr5 = put(idr5, low, width, value);
        return this;
    }

    public Features substreams(final int bits) {
        return idr1(6, 5, bits);
    }

    public SmmuCapabilities build() {
        return new SmmuCapabilities(idr0, idr1, idr3, idr5, aidr, qemu);
    }

    /** Enabled, RECINVSID set, a linear stream table. */
    public SmmuContext enabled(final long streamTable, final int log2Size) {
        return new SmmuContext(build(), 1, 2, 0, streamTable, log2Size);
    }

    private static int put(final int word, final int low, final int width, final int value) {
        final int mask = (1 << width) - 1 << low;
        return word & ~mask | value << low & mask;
    }
}
