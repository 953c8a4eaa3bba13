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

import java.nio.charset.StandardCharsets;

/** Text for a kernel. */
final class LinuxText {

    private LinuxText() {
    }

    /** A command line with its end; one that is too long for the kernel is refused. */
    static byte[] commandLine(final String text, final int longest) {
        final byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
        if (bytes.length - 1 > longest) {
            throw new IllegalArgumentException(
                    "--append must be at most " + longest + " bytes for this kernel, not " + (bytes.length - 1));
        }
        return bytes;
    }
}
