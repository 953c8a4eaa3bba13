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

package io.viommu.vmm.vfiouser;

import java.nio.file.Path;

/**
 * A device of ours that is served with the model, and whose DMA goes through it.
 *
 * @param kind      what it is.
 * @param socket    where it is presented.
 * @param requester StreamID or requester id that the guest knows it by.
 */
public record VfioUserEndpoint(Kind kind, Path socket, int requester) {

    /** The devices that there are. */
    public enum Kind {
        /** A virtio entropy device: its driver gives it buffers to write. */
        VIRTIO_RNG("virtio-rng", 0x1E << 3),
        /** A virtio console: its driver gives it buffers to read. */
        VIRTIO_CONSOLE("virtio-console", 0x1D << 3);

        private final String option;
        private final int usualRequester;

        Kind(final String option, final int usualRequester) {
            this.option = option;
            this.usualRequester = usualRequester;
        }

        /**
         * Its name in options.
         *
         * @return the name.
         */
        public String option() {
            return option;
        }

        /**
         * Where it is plugged without another wish.
         *
         * @return bus, slot and function as one number.
         */
        public int usualRequester() {
            return usualRequester;
        }
    }
}
