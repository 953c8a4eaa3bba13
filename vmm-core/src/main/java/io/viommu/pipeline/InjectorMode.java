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

package io.viommu.pipeline;

import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.SleepingWaitStrategy;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;

/** Who injects, and how it waits. The spinning ones need a core of their own; on shared cores they lose to blocking. */
public enum InjectorMode {
    /** A thread that sleeps on a condition until there is work: the default. */
    BLOCKING,
    /** A thread that spins, yields, then parks in short naps: cheap producers, later wake-ups. */
    SLEEPING,
    /** A thread that spins and yields. */
    YIELDING,
    /** A thread that spins and never gives its core away. */
    BUSY_SPIN,
    /**
     * No thread: whoever publishes injects, through the same code, one at a time. It saves the hop between threads, and
     * is right where one source feeds one vIOMMU.
     */
    RUN_TO_COMPLETION;

    WaitStrategy waitStrategy() {
        return switch (this) {
            case SLEEPING -> new SleepingWaitStrategy();
            case YIELDING -> new YieldingWaitStrategy();
            case BUSY_SPIN, RUN_TO_COMPLETION -> new BusySpinWaitStrategy();
            case BLOCKING -> new BlockingWaitStrategy();
        };
    }
}
