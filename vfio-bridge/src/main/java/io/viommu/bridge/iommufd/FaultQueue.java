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

/** A queue of recoverable faults, for any number of nested tables and devices. */
public final class FaultQueue extends IommufdObject {

    private final KernelFile file;

    FaultQueue(final Iommufd iommufd, final int id, final KernelFile file) {
        super(iommufd, "fault queue", id);
        this.file = file;
        register();
    }

    /**
     * The queue's file, to read faults from and to write answers to.
     *
     * @return owned by this.
     */
    public KernelFile file() {
        return file;
    }

    /** The open descriptor keeps the queue in use. */
    @Override
    void release() {
        file.close();
    }
}
