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

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * One of the interrupt sources that IRQ_CTRL enables (IHI 0070, 3.18.2). While enabled, an occurrence makes a pulse on
 * the source's own wire and, if MSIs are offered and ADDR is not 0, sends an MSI. An MSI that aborts activates the
 * source's MSI_*_ABT_ERR.
 *
 * <p>Wires: 0 Event queue, 1 PRI queue, 2 CMD_SYNC, 3 global errors; all are edges, there is nothing to clear.
 *
 * <p>Called by the injector and by vCPU threads, possibly at once.
 */
public final class InterruptSource {

    /** Wire of CMD_SYNC. */
    public static final int SYNC_LINE = 2;

    /** The sources, their wires, enables and messages. */
    enum Kind {
        EVENTQ(0, SmmuRegisters.IRQ_EVENTQ, SmmuRegisters.EVENTQ_IRQ_CFG0, SmmuRegisters.EVENTQ_IRQ_CFG1), PRIQ(1,
                SmmuRegisters.IRQ_PRIQ, SmmuRegisters.PRIQ_IRQ_CFG0, SmmuRegisters.PRIQ_IRQ_CFG1), GERROR(3,
                        SmmuRegisters.IRQ_GERROR, SmmuRegisters.GERROR_IRQ_CFG0, SmmuRegisters.GERROR_IRQ_CFG1);

        private final int line;
        private final int enable;
        private final Register address;
        private final Register data;

        Kind(final int line, final int enable, final Register address, final Register data) {
            this.line = line;
            this.enable = enable;
            this.address = address;
            this.data = data;
        }
    }

    private final RegisterFile registers;
    private final MessagePort port;
    private final Kind kind;
    private final Runnable onAbort;

    InterruptSource(final RegisterFile registers, final MessagePort port, final Kind kind, final Runnable onAbort) {
        this.registers = registers;
        this.port = port;
        this.kind = kind;
        this.onAbort = onAbort;
    }

    /**
     * Whether an occurrence now would interrupt. One that comes while this is false never does (6.3.16).
     *
     * @return IRQ_CTRL's enable of this source.
     */
    public boolean enabled() {
        return (registers.get(SmmuRegisters.IRQ_CTRL) & kind.enable) != 0;
    }

    /** Interrupts now, if enabled. Everything that the guest is to find was written before. */
    public void raise() {
        if (!enabled()) {
            return;
        }
        final long target = port.offered() ? registers.get(kind.address) & SmmuRegisters.MSI_ADDR : 0;
        if (target != 0 && !port.send(target, (int) registers.get(kind.data))) {
            onAbort.run();
        }
        port.pulse(kind.line);
    }
}
