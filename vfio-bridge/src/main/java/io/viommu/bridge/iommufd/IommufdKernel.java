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
package io.viommu.bridge.iommufd;

/** What is asked of a kernel: to open a device node, and to use the descriptors that its requests hand out. */
public interface IommufdKernel {

    /**
     * Opens a device node for reading and writing.
     *
     * @param path such as {@code /dev/iommu}.
     * @return the open file.
     * @throws io.viommu.bridge.linux.LinuxException if the kernel refuses.
     */
    KernelFile open(String path);

    /**
     * Takes over a descriptor that a request returned.
     *
     * @param fd the descriptor.
     * @return the file, which closes it.
     */
    KernelFile adopt(int fd);

    /**
     * The kernel that this process runs on.
     *
     * @return the real one.
     */
    static IommufdKernel host() {
        return HostKernel.INSTANCE;
    }
}
