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

package io.viommu.vmm.board;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.interrupt.InterruptRoutes;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaMemory;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.MessageWindow;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestMemory;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vmm.control.FaultInjector;

/** The model of the guest's IOMMU with the pipeline in front of it, whose thread injects faults. */
final class GuestIommu implements AutoCloseable {

    private final VirtualIommu model;
    private final FaultPipeline pipeline;
    private final FaultInjector faults;

    /** Makes the model by its name. */
    GuestIommu(final MachineOptions.Iommu choice, final GuestMemory memory, final InterruptSink interrupts,
            final CounterFile counters) {
        faults = new FaultInjector(choice.model(), counters, null);
        model = IommuModels.create(choice.model(), choice.properties(),
                new IommuPlatform(memory, interrupts, faults.host()));
        pipeline = new FaultPipeline(PipelineSettings.named(choice.model()), model,
                new FaultAccount(counters, choice.model()), faults.observer());
        faults.lead(pipeline, model);
    }

    VirtualIommu model() {
        return model;
    }

    FaultPipeline pipeline() {
        return pipeline;
    }

    /** A device's way to memory, through a vIOMMU or, if that is null, past none. */
    static DmaMemory memory(final GuestIommu iommu, final GuestMemory memory, final MessageWindow window) {
        return new DmaMemory(memory, iommu == null ? null : ((DmaTranslator) iommu.model).openSession(), window);
    }

    FaultInjector faults() {
        return faults;
    }

    /** The remapper of interrupts, or null. */
    InterruptRemapper remapper() {
        return model instanceof final InterruptRemapper remapper ? remapper : null;
    }

    /** What tells where interrupts go, or null. */
    InterruptRoutes routes() {
        return model instanceof final InterruptRoutes routes ? routes : null;
    }

    @Override
    public void close() {
        faults.close();
        pipeline.close();
    }
}
