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

/**
 * The address translation caches in devices (PCIe ATC), as far as the guest's ATS invalidations reach them. Called on
 * the vCPU thread that drains the Command queue; must not block for longer than a device may take to answer.
 */
public interface DeviceCaches {

    /** Stands for a request without PASID. */
    int NO_SUBSTREAM = -1;

    /** No device has a cache. */
    DeviceCaches NONE = new DeviceCaches() {
        @Override
        public void invalidate(final int stream, final int substream, final boolean global, final long address,
                final int log2Pages) {
            // there is nothing to forget
        }

        @Override
        public boolean confirmed() {
            return true;
        }
    };

    /**
     * Asks a device to forget translations (CMD_ATC_INV; IHI 0070, 4.5.1).
     *
     * @param stream    StreamID.
     * @param substream PASID, or {@link #NO_SUBSTREAM}.
     * @param global    with a PASID: for all PASIDs.
     * @param address   the first address, aligned to the span.
     * @param log2Pages the span is 2^log2Pages pages of 4 KiB; 52 is everything.
     */
    void invalidate(int stream, int substream, boolean global, long address, int log2Pages);

    /**
     * Waits until devices have confirmed what was asked (CMD_SYNC).
     *
     * @return false if a device did not in time, which the guest learns as CERROR_ATC_INV_SYNC (3.9.1.4).
     */
    boolean confirmed();
}
