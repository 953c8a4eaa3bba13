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
package io.viommu.bridge;

/**
 * How a reader waits and takes.
 *
 * @param busyPoll whether it looks at all sources again and again instead of sleeping until one is ready; it then needs
 *                 a core of its own.
 * @param batch    how many faults it takes from one source before it turns to the next, 1 or more.
 */
public record ReaderSettings(boolean busyPoll, int batch) {

    /** What a reader does without another wish: sleeps when idle, takes half a ring at a time. */
    public static final ReaderSettings DEFAULT = new ReaderSettings(false, 256);

    /** Checks the number. */
    public ReaderSettings {
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, not " + batch + ".");
        }
    }
}
