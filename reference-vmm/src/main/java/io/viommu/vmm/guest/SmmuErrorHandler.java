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

package io.viommu.vmm.guest;

import static io.viommu.vmm.guest.SmmuRegisters.CMDQ_CONS;
import static io.viommu.vmm.guest.SmmuRegisters.GERROR;
import static io.viommu.vmm.guest.SmmuRegisters.GERRORN;
import static io.viommu.vmm.guest.SmmuRegisters.GERROR_ALL;
import static io.viommu.vmm.guest.SmmuRegisters.GERROR_CMDQ;
import static io.viommu.vmm.guest.SmmuRegisters.GERROR_EVENTQ_ABORT;

import io.viommu.device.MmioDevice;

/** The handler of the global error interrupt: says what is active, mends the command queue, acknowledges. */
final class SmmuErrorHandler {

    private static final int CERROR_ILLEGAL = 1;

    private final MmioDevice device;
    private final SmmuCommandQueue commands;
    private final KernelLog log;

    SmmuErrorHandler(final MmioDevice device, final SmmuCommandQueue commands, final KernelLog log) {
        this.device = device;
        this.commands = commands;
        this.log = log;
    }

    void handle() {
        final int error = (int) device.read(GERROR, 4);
        final int active = (error ^ (int) device.read(GERRORN, 4)) & GERROR_ALL;
        if (active == 0) {
            return;
        }
        log.print("unexpected global error reported (0x%08x), this could be serious".formatted(active));
        if ((active & GERROR_EVENTQ_ABORT) != 0) {
            log.print("EVTQ write aborted -- events may be lost");
        }
        if ((active & GERROR_CMDQ) != 0) {
            final int reason = (int) device.read(CMDQ_CONS, 4) >>> 24 & 0x7F;
            log.print("CMDQ error (cons 0x%08x): 0x%x".formatted((int) device.read(CMDQ_CONS, 4), reason));
            if (reason == CERROR_ILLEGAL) {
                commands.skipIllegal();
            }
        }
        device.write(GERRORN, 4, error & 0xFFFF_FFFFL);
    }
}
