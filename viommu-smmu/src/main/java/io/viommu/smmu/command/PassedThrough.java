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
 * The hardware behind passed-through streams, as far as the guest's commands reach it. Called on the vCPU thread that
 * drains the Command queue, after the command was found legal.
 */
public interface PassedThrough {

    /** No stream is passed through. */
    PassedThrough NONE = new PassedThrough() {
        @Override
        public void configuration(final int first, final int last) {
            // there is nothing to tell
        }

        @Override
        public void invalidation(final long word0, final long word1) {
            // there is nothing to forget
        }

        @Override
        public int complete() {
            return 0;
        }
    };

    /**
     * Stream table entries may have changed (CMD_CFGI_STE, CMD_CFGI_STE_RANGE, CMD_CFGI_ALL).
     *
     * @param first the first StreamID, unsigned.
     * @param last  the last one.
     */
    void configuration(int first, int last);

    /**
     * Any other invalidation.
     *
     * @param word0 first word of the command.
     * @param word1 second word.
     */
    void invalidation(long word0, long word1);

    /**
     * Waits until the hardware has done all of it (CMD_SYNC).
     *
     * @return 0, CERROR_ATC_INV_SYNC, or {@link CommandQueue#STOPPED} if the hardware can't.
     */
    int complete();
}
