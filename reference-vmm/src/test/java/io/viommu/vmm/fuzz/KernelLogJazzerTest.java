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
package io.viommu.vmm.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.viommu.vmm.replay.Decoder;

/** Any kernel log is explained or complained about, and the same way each time. */
class KernelLogJazzerTest extends JazzerTest {

    @Override
    protected void take(final byte[] input) {
        final String first = decoded(input);
        assertThat(first).isNotBlank();
        assertThat(decoded(input)).isEqualTo(first);
    }

    private static String decoded(final byte[] input) {
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(text, false, StandardCharsets.UTF_8)) {
            new Decoder(new ByteArrayInputStream(input), out, out).run(List.of("-"));
        }
        return text.toString(StandardCharsets.UTF_8);
    }
}
