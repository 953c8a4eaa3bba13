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

package io.viommu.vmm.control;

import org.agrona.DirectBuffer;

/** What a guest said to a console of ours, from where, and whether the console could write there. */
final class Hearsay {

    private static final int MOST = 4096;
    private static final int FIRST_LETTER = ' ';
    private static final int LAST_LETTER = '~';

    private final StringBuilder text = new StringBuilder();
    private long address;
    private String trespass = "";

    /** Keeps the latest; a guest may talk for ever, and nobody need ask. */
    void add(final long from, final DirectBuffer bytes, final int length) {
        if (trespass.isEmpty()) {
            address = from;
        }
        for (int i = 0; i < length; i++) {
            final int letter = bytes.getByte(i);
            text.append(letter < FIRST_LETTER || letter > LAST_LETTER ? ' ' : (char) letter);
        }
        text.delete(0, Math.max(0, text.length() - MOST));
    }

    void trespassed(final long at, final boolean moved) {
        address = at;
        trespass = moved ? "overwritten " : "write-aborted ";
    }

    /** The address of the last buffer, or of the one that was trespassed on, how that ended, and the text. */
    String take() {
        final String told = "0x" + Long.toHexString(address) + " " + trespass + text.toString().strip();
        text.setLength(0);
        trespass = "";
        return told;
    }
}
