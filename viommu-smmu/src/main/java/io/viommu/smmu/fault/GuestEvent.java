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

package io.viommu.smmu.fault;

/** The four words of a record on its way to the guest. One instance belongs to one injector and is used again. */
public final class GuestEvent {

    long word0;
    long word1;
    long word2;
    long word3;

    /** Makes an empty record. */
    public GuestEvent() {
    }

    /**
     * Sets the record.
     *
     * @param newWord0 first word.
     * @param newWord1 second word.
     * @param newWord2 third word.
     * @param newWord3 fourth word.
     */
    public void set(final long newWord0, final long newWord1, final long newWord2, final long newWord3) {
        word0 = newWord0;
        word1 = newWord1;
        word2 = newWord2;
        word3 = newWord3;
    }

    /**
     * One of the words.
     *
     * @param index 0 to 3.
     * @return the word.
     */
    public long word(final int index) {
        return switch (index) {
            case 0 -> word0;
            case 1 -> word1;
            case 2 -> word2;
            default -> word3;
        };
    }
}
