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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** The command {@code viommu qtest}: hands all its words, which are QEMU's options, to {@link QtestMain}. */
@Command(name = QtestMain.COMMAND, description = "Drives a machine without a CPU through QEMU's qtest protocol.")
public final class QtestCommand implements Callable<Integer> {

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    /** Made by the command-line library. */
    public QtestCommand() {
    }

    @Override
    public Integer call() {
        return QtestMain.run(arguments);
    }
}
