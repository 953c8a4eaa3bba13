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
package io.viommu.bridge.iommufd.nested;

/**
 * A device that is bound to an iommufd, whatever bus it sits on: all that matters here is what the kernel calls it and
 * which table it is attached to.
 */
public interface BoundDevice {

    /**
     * The kernel's name of the device in its iommufd; the records of a fault queue carry it.
     *
     * @return the id.
     */
    int id();

    /**
     * Attaches the device to a table or IOAS, in place of the one it had: there is no moment in between.
     *
     * @param table id of the table.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; the device then stays where it was.
     */
    void attach(int table);

    /**
     * Detaches the device: its DMA is blocked.
     *
     * @throws io.viommu.bridge.linux.LinuxException in one sentence.
     */
    void detach();

    /**
     * Attaches one PASID of the device to a table, in place of the one it had.
     *
     * @param pasid 20 bits.
     * @param table id of the table.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; the PASID then stays where it was.
     */
    void attachPasid(int pasid, int table);

    /**
     * Detaches one PASID: its DMA is blocked.
     *
     * @param pasid 20 bits.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence.
     */
    void detachPasid(int pasid);

    /**
     * Stops what the device signals: every interrupt that was given an eventfd. The last step of a teardown; nothing to
     * do for a device whose interrupts are somebody else's.
     *
     * @throws io.viommu.bridge.linux.LinuxException in one sentence.
     */
    default void silence() {
        // most have none of their own
    }
}
