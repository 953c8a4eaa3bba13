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

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a user wants.
 *
 * @param kernel      a bzImage or an arm64 Image.
 * @param initrd      a file, or null.
 * @param commandLine of the kernel.
 * @param memory      bytes of RAM.
 * @param cpus        number of vCPUs.
 * @param iommu       the vIOMMU in front of the devices, or null for none.
 * @param drives      disks, each a file.
 */
public record MachineOptions(Path kernel, Path initrd, String commandLine, long memory, int cpus, Iommu iommu,
        List<Path> drives) {

    /**
     * A vIOMMU.
     *
     * @param model      its name.
     * @param properties what the user sets.
     */
    public record Iommu(String model, Map<String, String> properties) {
    }
}
