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

package io.viommu.smmu.register;

/**
 * What the whole device does when the guest turns parts of it on or off. Called on the vCPU thread of the write, after
 * the value was stored.
 */
public interface FrameListener {

    /**
     * CR0 has changed; the guest sees CR0ACK follow when the change has taken effect (IHI 0070, 6.3.9).
     *
     * @param cleared the bits that went from 1 to 0.
     * @param set     the bits that went from 0 to 1.
     * @return true if it has; false if {@link RegisterFrame#acknowledge} will be called when it has.
     */
    boolean changing(int cleared, int set);

    /**
     * CR0ACK has followed.
     *
     * @param set the bits that went from 0 to 1.
     */
    void enabled(int set);

    /** GBPA was updated. */
    void bypassChanged();

    /**
     * Interrupt enables were cleared: queues' MSIs under way are to be done before IRQ_CTRLACK follows (3.18.1).
     *
     * @return false if nothing may be waited for: the guest's handler runs on the injector.
     */
    boolean interruptsDisabling();
}
