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
package io.viommu.bridge.log;

/** Numbers as logs print them. */
final class PrintedNumber {
    /** The answer when the text is not a number that fits into 63 bits. */
    static final long UNREADABLE = -1;

    private static final int HEX = 16;
    private static final int DECIMAL = 10;
    private static final int MAX_HEX_DIGITS = 16;

    private PrintedNumber() {
    }

    /** Whether the text is 1 to 16 hexadecimal digits, with or without 0x. */
    static boolean isHex64(final String text) {
        final int start = digitsStart(text);
        final int digits = text.length() - start;
        return digits > 0 && digits <= MAX_HEX_DIGITS && allHex(text, start);
    }

    /** The value of a text for which {@link #isHex64} holds; all 64 bits may be used. */
    static long hex64(final String text) {
        return Long.parseUnsignedLong(text, digitsStart(text), text.length(), HEX);
    }

    /** A hexadecimal number, with or without 0x, or {@link #UNREADABLE} when it is none or greater than max. */
    static long hexUpTo(final String text, final long max) {
        if (!isHex64(text)) {
            return UNREADABLE;
        }
        final long value = hex64(text);
        return value < 0 || value > max ? UNREADABLE : value;
    }

    /**
     * The number of a fault reason. The base depends on the era: Linux before 5.14 printed two or three decimal digits
     * (D1 to D3), later ones print 0x (D4, D5), Xen prints hexadecimal without 0x, older Xen with a final h (X1). A
     * letter among the digits settles it too.
     */
    static long reason(final String text, final boolean xen) {
        final boolean suffix = text.endsWith("h") || text.endsWith("H");
        final String digits = suffix ? text.substring(0, text.length() - 1) : text;
        if (suffix || xen || digitsStart(digits) > 0 || !allDecimal(digits)) {
            return hexUpTo(digits, FrcdWords.MAX_REASON);
        }
        if (digits.isEmpty() || digits.length() > MAX_HEX_DIGITS) {
            return UNREADABLE;
        }
        final long value = Long.parseLong(digits, DECIMAL);
        return value > FrcdWords.MAX_REASON ? UNREADABLE : value;
    }

    private static int digitsStart(final String text) {
        return text.startsWith("0x") || text.startsWith("0X") ? 2 : 0;
    }

    private static boolean allHex(final String text, final int start) {
        for (int i = start; i < text.length(); i++) {
            if (Character.digit(text.charAt(i), HEX) < 0 || text.charAt(i) > 'f') {
                return false;
            }
        }
        return true;
    }

    private static boolean allDecimal(final String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
