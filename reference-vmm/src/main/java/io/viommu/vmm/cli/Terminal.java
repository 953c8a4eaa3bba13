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

package io.viommu.vmm.cli;

import java.io.InputStream;
import java.io.PrintStream;

import io.viommu.vmm.output.StandardOutput;

/**
 * Where a command reads and prints.
 *
 * @param in          standard input.
 * @param out         standard output, buffered.
 * @param err         standard error.
 * @param interactive whether a person watches.
 */
record Terminal(InputStream in, PrintStream out, PrintStream err, boolean interactive) {

    static Terminal standard(final StandardOutput output) {
        return new Terminal(System.in, output.text(), System.err,
                System.console() != null && System.console().isTerminal());
    }
}
