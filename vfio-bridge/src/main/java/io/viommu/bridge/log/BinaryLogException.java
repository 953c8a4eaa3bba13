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

import java.io.IOException;

/** The input is not text that can be read. The message is one sentence for the user. */
public final class BinaryLogException extends IOException {
    private static final long serialVersionUID = 1L;

    BinaryLogException() {
        this("The input is binary, not a text log: a NUL byte stands in its first 8 KiB.");
    }

    BinaryLogException(final String sentence) {
        super(sentence);
    }
}
