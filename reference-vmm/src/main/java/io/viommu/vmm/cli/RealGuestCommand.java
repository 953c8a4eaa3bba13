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

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import io.viommu.bridge.log.LogFault;
import io.viommu.vmm.realguest.GuestReplay;
import io.viommu.vmm.realguest.GuestReplay.Found;
import io.viommu.vmm.replay.LogReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code viommu real-guest}: replays logs into a Linux that it boots. */
@Command(name = "real-guest", description = HelpTexts.REAL_GUEST)
final class RealGuestCommand extends TerminalCommand implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final int LARGEST = 1000;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = HelpTexts.FILES)
    private List<String> files;

    @Option(names = "--guest", paramLabel = "arm64|x86_64", description = HelpTexts.GUEST)
    private String guest;

    @Option(names = "--most", paramLabel = "N", description = HelpTexts.MOST)
    private int most = 20;

    @Option(names = "--set-up", paramLabel = "PROGRAM", description = HelpTexts.SET_UP)
    private Path setUp;

    RealGuestCommand(final Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws IOException {
        if (most < 1 || most > LARGEST) {
            throw refusal("--most must be 1 to " + LARGEST + " faults, not " + most);
        }
        final LogFault.Architecture wanted = wanted();
        final List<Found> all = read();
        final LogFault.Architecture architecture = wanted == null ? all.getFirst().fault().architecture() : wanted;
        final List<Found> faults = all.stream().filter(found -> found.fault().architecture() == architecture).toList();
        if (faults.isEmpty()) {
            throw refusal("--guest must be " + (wanted == LogFault.Architecture.VTD ? "arm64" : "x86_64")
                    + " for these logs: they have no fault for a guest of " + guest);
        }
        if (faults.size() < all.size() && wanted == null) {
            throw refusal("--guest must be arm64 or x86_64: the logs have faults for both");
        }
        final GuestReplay replay = new GuestReplay(architecture, line -> say("", line), this::news);
        if (!replay.missing().isEmpty() && (setUp == null || !replay.fetch(setUp))) {
            throw new IOException(replay.missing() + " are missing; config/real-guest/set-up fetches them.");
        }
        if (faults.size() > most) {
            news("of " + faults.size() + " faults the first " + most + " are replayed; --most takes more");
        }
        return replay.play(faults.subList(0, Math.min(most, faults.size()))) ? 0 : FAILED;
    }

    private LogFault.Architecture wanted() {
        return switch (guest) {
            case null -> null;
            case "arm64" -> LogFault.Architecture.SMMUV3;
            case "x86_64" -> LogFault.Architecture.VTD;
            default -> throw refusal("--guest must be arm64 or x86_64, not '" + guest + "'");
        };
    }

    /** The faults that can be injected; a file of no use is refused. */
    private List<Found> read() {
        final List<Found> faults = new ArrayList<>();
        final LogReader reader = new LogReader(terminal().in(), complaint -> {
            throw refusal(complaint);
        });
        files.forEach(file -> reader.read(file, (name, fault) -> {
            final String why = fault.kind() == LogFault.Kind.SMMU_PAGE_REQUEST
                    ? "a page request of a log can't be answered"
                    : fault.rejection();
            if (why == null) {
                faults.add(new Found(name + ":" + fault.line(), fault));
            } else {
                news(name + ":" + fault.line() + ": not injected: " + why);
            }
        }));
        if (faults.isEmpty()) {
            throw refusal("FILE must be a log with a fault that can be injected; there is none in "
                    + String.join(", ", files));
        }
        return faults;
    }

    private void news(final String sentence) {
        say("viommu: ", sentence);
    }

    /** From any thread, and seen at once. */
    private void say(final String prefix, final String text) {
        final PrintStream out = terminal().out();
        synchronized (out) {
            out.println(prefix + text);
            out.flush();
        }
    }
}
