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

package io.viommu.vmm.machine;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a machine consists of.
 *
 * @param board    the kind of machine.
 * @param ram      bytes of RAM, a multiple of 4096.
 * @param options  the machine's own options, such as {@code iommu=smmuv3}.
 * @param devices  what is plugged in, in the order of the command line.
 * @param defaults property values by kind of device, for devices that don't say otherwise ({@code -global}).
 */
public record MachineSpec(Board board, long ram, Map<String, String> options, List<DeviceSpec> devices,
        Map<String, Map<String, String>> defaults) {

    /** RAM without another wish: what the recorded scenarios use. */
    public static final long DEFAULT_RAM = 512L << 20;

    /** More than any test needs; a request beyond it is a mistake. */
    public static final long MAX_RAM = 64L << 30;

    /** Checks the numbers. */
    public MachineSpec {
        Objects.requireNonNull(board, "board");
        if (ram < 1L << 20 || ram > MAX_RAM || (ram & 0xFFF) != 0) {
            throw new IllegalArgumentException("-m must be 1M to " + (MAX_RAM >> 30)
                    + "G in whole pages of 4 KiB, not " + ram + " bytes");
        }
        options = Map.copyOf(options);
        devices = List.copyOf(devices);
        defaults = Map.copyOf(defaults);
    }
}
