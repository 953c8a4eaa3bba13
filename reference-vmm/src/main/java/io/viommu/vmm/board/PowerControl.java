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

import io.viommu.device.MmioDevice;

/**
 * Ports by which a guest of x86 switches itself off or has itself reset: the sleep control register and the reset
 * register of hardware-reduced ACPI (ACPI 6.5, 4.8.3.7), and at a place of its own the keyboard controller's pulse.
 */
final class PowerControl implements MmioDevice {

    static final int BASE = 0x600;
    static final int SLEEP_CONTROL = 0;
    static final int SLEEP_STATUS = 1;
    static final int RESET = 4;
    static final int RESET_VALUE = 1;
    /** The sleep type of S5. */
    static final int SLEEP_TYPE = 5;

    private static final int SIZE = 8;
    private static final int SLEEP_ENABLE = 1 << 5;
    private static final int SLEEP_TYPE_SHIFT = 2;
    private static final int PULSE_RESET = 0xFE;

    private final MachineEnd end;

    PowerControl(final MachineEnd end) {
        this.end = end;
    }

    @Override
    public long mmioSize() {
        return SIZE;
    }

    @Override
    public long read(final long offset, final int size) {
        return 0;
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        final int written = (int) value & 0xFF;
        if (offset == RESET && written == RESET_VALUE) {
            end.reach(Ending.RESET);
        } else if (offset == SLEEP_CONTROL && written == (SLEEP_ENABLE | SLEEP_TYPE << SLEEP_TYPE_SHIFT)) {
            end.reach(Ending.POWERED_OFF);
        }
    }

    /** The command port of a keyboard controller that can only reset; it is never busy. */
    MmioDevice keyboard() {
        return new MmioDevice() {
            @Override
            public long mmioSize() {
                return 1;
            }

            @Override
            public long read(final long offset, final int size) {
                return 0;
            }

            @Override
            public void write(final long offset, final int size, final long value) {
                if ((value & 0xFF) == PULSE_RESET) {
                    end.reach(Ending.RESET);
                }
            }
        };
    }
}
