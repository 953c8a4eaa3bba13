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

import java.util.List;
import java.util.concurrent.Callable;

import io.viommu.vmm.replay.Decoder;
import io.viommu.vmm.replay.LogReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code viommu decode}: explains the faults of logs. */
@Command(name = "decode", description = HelpTexts.DECODE)
final class DecodeCommand extends TerminalCommand implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", arity = "0..*", description = HelpTexts.DECODE_FILES)
    private List<String> files;

    DecodeCommand(final Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        final List<String> logs = files == null ? List.of(LogReader.STANDARD_INPUT) : files;
        if (terminal().interactive() && logs.contains(LogReader.STANDARD_INPUT)) {
            terminal().err().println("viommu: reading a log from this terminal; Ctrl-D ends it.");
        }
        return new Decoder(terminal().in(), terminal().out(), terminal().err()).run(logs);
    }
}
