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

package io.viommu.vmm.qtest;

import java.util.HexFormat;

/** Byte strings as the protocol writes them: 0x and two digits for each byte, lowest address first. */
final class HexBytes {

    private static final HexFormat HEX = HexFormat.of();

    private HexBytes() {
    }

    static String text(final byte[] bytes) {
        return "0x" + HEX.formatHex(bytes);
    }

    /** Reads 0x and an even number of digits; {@code command} and {@code name} are for the sentence. */
    static byte[] parse(final String command, final String name, final String word) {
        if (word.length() >= 4 && word.length() % 2 == 0 && (word.startsWith("0x") || word.startsWith("0X"))) {
            try {
                return HEX.parseHex(word, 2, word.length());
            } catch (final IllegalArgumentException notHexadecimal) {
                // the sentence below says what is allowed
            }
        }
        throw new Refusal(command + ": " + name + " must be 0x and two hexadecimal digits for each byte, not '"
                + Words.shown(word) + "'");
    }
}
