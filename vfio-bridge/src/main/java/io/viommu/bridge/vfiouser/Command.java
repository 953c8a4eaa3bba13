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

package io.viommu.bridge.vfiouser;

/** The commands of protocol 0.0. All but {@link #DMA_READ} and {@link #DMA_WRITE} go from the client to the server. */
final class Command {

    /** Agrees on a version and on limits; the first message. */
    static final int VERSION = 1;
    /** Makes a range of the guest's memory known. */
    static final int DMA_MAP = 2;
    /** Takes it back. */
    static final int DMA_UNMAP = 3;
    /** Asks what kind of device this is. */
    static final int DEVICE_GET_INFO = 4;
    /** Asks about one region. */
    static final int DEVICE_GET_REGION_INFO = 5;
    /** Asks about one kind of interrupt. */
    static final int DEVICE_GET_IRQ_INFO = 7;
    /** Arms, disarms, masks or triggers interrupts. */
    static final int DEVICE_SET_IRQS = 8;
    /** Reads a region. */
    static final int REGION_READ = 9;
    /** Writes a region. */
    static final int REGION_WRITE = 10;
    /** Reads memory of the client that it did not share. */
    static final int DMA_READ = 11;
    /** Writes memory of the client that it did not share, or sends a message-signalled interrupt. */
    static final int DMA_WRITE = 12;
    /** Resets the device. */
    static final int DEVICE_RESET = 13;
    /** Several small posted writes at once. */
    static final int REGION_WRITE_MULTI = 15;

    private Command() {
    }
}
