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

/**
 * The way of one message-signalled interrupt of a device to the guest: an eventfd that KVM takes it from, and where it
 * leads. The guest's driver points it, the device fires it. Any thread may call any method.
 */
interface MsiRoute extends AutoCloseable {

    /** The guest's driver has the device write this. */
    void point(long address, int data);

    /** The device writes nothing for now. */
    void clear();

    /** The device interrupts. Only while it is pointed somewhere. */
    void fire();

    @Override
    void close();
}
