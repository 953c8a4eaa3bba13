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

/** A device's place on its bus as QEMU writes it: slot, or slot and function, in hexadecimal. */
final class PciAddress {

    private static final int SLOTS = 32;
    private static final int FUNCTIONS = 8;

    private PciAddress() {
    }

    /** The devfn that {@code addr=} says; {@code driver} is for the sentence. */
    static int parse(final String driver, final String text) {
        final String[] parts = text.split("\\.", 2);
        try {
            final int slot = hex(parts[0]);
            final int function = parts.length == 1 ? 0 : hex(parts[1]);
            if (slot >= 0 && slot < SLOTS && function >= 0 && function < FUNCTIONS) {
                return slot << 3 | function;
            }
        } catch (final NumberFormatException notHexadecimal) {
            // the sentence below says what is allowed
        }
        throw new IllegalArgumentException(driver + ": addr must be SLOT or SLOT.FUNCTION, hexadecimal, 0 to 1f and"
                + " 0 to 7, not '" + text + "'");
    }

    private static int hex(final String text) {
        return Integer.parseInt(text.startsWith("0x") ? text.substring(2) : text, 16);
    }

    static String text(final int devfn) {
        return String.format("%02x.%x", devfn >> 3, devfn & 7);
    }
}
