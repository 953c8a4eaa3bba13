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

package io.viommu.bench;

import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;

/** Finding the owner of an IO address space among many, devices in random order. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouterBench {

    private static final int SOURCE = 1;
    private static final int PASID = 5;

    /** Devices with a route. */
    @Param({ "1", "64", "4096" })
    private int devices;

    private final FaultRouter router = new FaultRouter();
    private int device;

    /** Made by JMH. */
    public RouterBench() {
    }

    /** Adds the routes; none is ever taken, so one port does for all. */
    @Setup
    public void addRoutes() {
        for (int i = 0; i < devices; i++) {
            router.add(SOURCE, i, new FaultRoute(NoPort.INSTANCE, i));
        }
    }

    private int nextDevice() {
        device = device * 1_664_525 + 1_013_904_223;
        return device >>> 8 & devices - 1;
    }

    /**
     * A fault without PASID: one probe.
     *
     * @return the route.
     */
    @Benchmark
    public FaultRoute byDevice() {
        return router.find(SOURCE, nextDevice(), FaultSink.NO_PASID);
    }

    /**
     * A fault with a PASID that has no route of its own: two probes.
     *
     * @return the route.
     */
    @Benchmark
    public FaultRoute byDeviceAfterPasid() {
        return router.find(SOURCE, nextDevice(), PASID);
    }

    /** A port for routes that are only looked up. */
    private static final class NoPort implements FaultPort {
        static final FaultPort INSTANCE = new NoPort();

        @Override
        public long claim(final FaultRecord record) {
            return CLOSED;
        }

        @Override
        public void publish(final long claim) {
            throw new IllegalStateException("nothing is ever claimed");
        }

        @Override
        public void flush() {
            // nothing is ever published
        }

        @Override
        public void awaitInjected() {
            // nothing is ever published
        }

        @Override
        public void account(final FaultDisposition disposition) {
            // nobody counts
        }
    }
}
