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
package io.viommu.bridge.linux;

/** What somebody else who shares an open file can do to it. */
public final class FileFlags {
    private static final int F_SETFL = 4;

    private FileFlags() {
    }

    /** Has reads and writes of the open file wait. */
    public static void makeBlocking(final int fd) {
        LibC.fcntl(fd, F_SETFL, 0, "clear O_NONBLOCK");
    }
}
