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
package io.viommu.bridge.dmafault;

import java.util.concurrent.locks.LockSupport;

/** The clock that a rate is kept by. */
interface Pace {

    /** The machine's clock. */
    Pace CLOCK = new Pace() {
        private static final long NAP_NANOS = 20_000;

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void await(final long due) {
            for (long left = due - nanos(); left > 0; left = due - nanos()) {
                if (left > NAP_NANOS) {
                    LockSupport.parkNanos(left - NAP_NANOS / 2);
                } else {
                    Thread.onSpinWait();
                }
            }
        }
    };

    /** Now, as {@link System#nanoTime} says it. */
    long nanos();

    /** Returns at a time, or at once if it has passed. */
    void await(long due);
}
