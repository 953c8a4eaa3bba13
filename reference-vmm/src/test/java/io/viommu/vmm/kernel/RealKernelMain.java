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
package io.viommu.vmm.kernel;

import java.io.PrintWriter;

import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

import io.viommu.bridge.iommufd.RealKernelContract;

/** What the profile real-kernel starts inside its guest: the contract and the road, against the kernel beneath. */
public final class RealKernelMain {

    private RealKernelMain() {
    }

    /** Runs the tests, prints what the kernel delivered and what the guest saw, and exits with 1 if one failed. */
    public static void main(final String[] arguments) {
        System.setProperty("viommu.loud", "true");
        System.out.println(
                "Java " + System.getProperty("java.version") + " on Linux " + System.getProperty("os.version"));
        final LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(RealKernelContract.class),
                        DiscoverySelectors.selectClass(RealKernelRoad.class),
                        DiscoverySelectors.selectClass(RealAcceleratedRoad.class),
                        DiscoverySelectors.selectClass(RealVtdRoad.class))
                .filters(EngineFilter.includeEngines("junit-jupiter"))
                .build();
        final SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        final TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out, true), 12);
        System.out.printf("real-kernel: %d passed, %d failed%n", summary.getTestsSucceededCount(),
                summary.getTestsFailedCount());
        System.exit(summary.getTestsFailedCount() == 0 && summary.getTestsSucceededCount() > 0 ? 0 : 1);
    }
}
