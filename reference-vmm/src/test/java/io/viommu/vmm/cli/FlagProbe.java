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
package io.viommu.vmm.cli;

import java.util.Map;

import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.linux.EventFd;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultRecord;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.memory.GuestRam;

/** An embedder without our launcher: begins with one thing of the library and says what it meets. */
final class FlagProbe {

    private FlagProbe() {
    }

    public static void main(final String[] arguments) {
        try {
            switch (arguments[0]) {
                case "record" -> new FaultRecord();
                case "ram" -> new GuestRam();
                case "counters" -> CounterFile.inMemory();
                case "model" -> IommuModels.create("smmuv3", Map.of(), new IommuPlatform(new GuestRam(),
                        new InterruptSink() {
                            @Override
                            public boolean message(final long address, final int data) {
                                return true;
                            }

                            @Override
                            public void line(final int line, final boolean level) {
                                // no wires
                            }
                        }));
                case "eventfd" -> EventFd.create().close();
                case "region" -> DmaFaultRegion.create(new DmaFaultDevice("nic", 1, 2, true), EntryFormat.PLAIN)
                        .close();
                default -> throw new IllegalArgumentException(arguments[0]);
            }
            System.out.println("fine");
        } catch (final LinkageError refused) {
            System.out.println(refused.getMessage());
        }
    }
}
