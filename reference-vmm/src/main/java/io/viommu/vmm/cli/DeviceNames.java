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

package io.viommu.vmm.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Devices as users write them. */
final class DeviceNames {

    private static final Pattern FUNCTION = Pattern
            .compile("(?:([0-9a-fA-F]{1,4}):)?([0-9a-fA-F]{1,2}):([01]?[0-9a-fA-F])\\.([0-7])");

    private DeviceNames() {
    }

    /**
     * The number of a device: a StreamID, or a requester id with the PCI segment above it.
     *
     * @param text {@code 256}, {@code 0x100}, {@code 03:00.0} or {@code 0001:03:00.0}.
     * @return 32 bits, or null if it is none of these.
     */
    static Integer parse(final String text) {
        final Matcher function = FUNCTION.matcher(text);
        if (function.matches()) {
            final int segment = function.group(1) == null ? 0 : Integer.parseInt(function.group(1), 16);
            return segment << 16 | Integer.parseInt(function.group(2), 16) << 8
                    | Integer.parseInt(function.group(3), 16) << 3 | Integer.parseInt(function.group(4), 16);
        }
        try {
            final long number = Long.decode(text);
            return number >= 0 && number <= 0xFFFF_FFFFL ? Integer.valueOf((int) number) : null;
        } catch (final NumberFormatException neither) {
            return null;
        }
    }
}
