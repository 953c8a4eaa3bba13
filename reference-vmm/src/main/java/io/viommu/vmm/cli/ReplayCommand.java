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

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

import io.viommu.bridge.journal.FaultJournal;
import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.pipeline.InjectorMode;
import io.viommu.vmm.replay.MachineKind;
import io.viommu.vmm.replay.Replay;
import io.viommu.vmm.replay.ReplayOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code viommu replay}: checks the options and leaves the rest to {@link Replay}. */
@Command(name = "replay", description = HelpTexts.REPLAY)
final class ReplayCommand extends TerminalCommand implements Callable<Integer> {

    private static final int MAX_SMMU_EVENTS = 1 << 19;
    private static final int MAX_VTD_RECORDS = 256;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = HelpTexts.FILES)
    private List<String> files;

    @Option(names = "--machine", paramLabel = "virt|q35", description = HelpTexts.MACHINE)
    private String machine;

    @Option(names = "--json", description = HelpTexts.JSON)
    private boolean json;

    @Option(names = "--dmesg", description = HelpTexts.DMESG)
    private boolean dmesg;

    @Option(names = "--speed", paramLabel = "N", description = HelpTexts.SPEED)
    private Long speed;

    @Option(names = "--repeat", paramLabel = "N", description = HelpTexts.REPEAT)
    private long repeat = 1;

    @Option(names = "--entry-size", paramLabel = "128|64", description = HelpTexts.ENTRY_SIZE)
    private int entrySize = 128;

    @Option(names = "--guest-queue", paramLabel = "N", description = HelpTexts.GUEST_QUEUE)
    private Integer guestQueue;

    @Option(names = "--injector", paramLabel = "MODE", description = HelpTexts.INJECTOR)
    private String injector = "blocking";

    @Option(names = "--map", paramLabel = "HOST=GUEST", description = HelpTexts.MAP)
    private Map<String, String> map = new HashMap<>();

    @Option(names = "--counters", paramLabel = "FILE", description = HelpTexts.COUNTERS)
    private Path counters;

    @Option(names = "--record", paramLabel = "FILE", description = HelpTexts.RECORD)
    private Path record;

    @Option(names = "--fault-log", paramLabel = "FILE", description = HelpTexts.FAULT_LOG)
    private Path faultLog;

    ReplayCommand(final Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        final ReplayOptions options = new ReplayOptions(files, machine(), json, dmesg, rate(), repeat(), entrySize(),
                guestQueue(), injector(), devices(map), null, null);
        final Map<String, Path> outputs = new LinkedHashMap<>();
        outputs.put("--counters", counters);
        outputs.put("--record", record);
        outputs.put("--fault-log", faultLog);
        checkOutputs(outputs, files);
        try (CounterFiles.Lease lease = counters == null
                ? new CounterFiles().forThisProcess()
                : CounterFiles.named(counters);
                CounterFile counted = lease.open(terminal().err());
                FaultJournal journal = journal();
                DistinctFaultLog distinct = faultLog(faultLog)) {
            return new Replay(options.keeping(journal, distinct), terminal().in(), terminal().out(), terminal().err(),
                    counted, terminal().interactive()).run();
        }
    }

    private FaultJournal journal() {
        return record == null ? null : FaultJournal.create(record, FaultJournal.DEFAULT_CAPACITY);
    }

    private MachineKind machine() {
        if (machine == null) {
            return null;
        }
        for (final MachineKind kind : MachineKind.values()) {
            if (kind.text().equals(machine)) {
                return kind;
            }
        }
        throw refusal("--machine must be virt or q35, not '" + machine + "'");
    }

    private long rate() {
        if (speed == null) {
            return ReplayOptions.PACED;
        }
        if (speed < 0 || speed > 1_000_000_000) {
            throw refusal("--speed must be 0 (as fast as possible) to 1000000000 faults per second, not " + speed);
        }
        return speed;
    }

    private long repeat() {
        if (repeat < 1 || repeat > 1_000_000_000_000L) {
            throw refusal("--repeat must be 1 to 1000000000000, not " + repeat);
        }
        return repeat;
    }

    private int entrySize() {
        if (entrySize != 64 && entrySize != 128) {
            throw refusal("--entry-size must be 64 (the plain record of 2021) or 128 (with the raw record), not "
                    + entrySize);
        }
        return entrySize;
    }

    /** Both architectures share the option, so the narrower one decides unless the machine is named. */
    private int guestQueue() {
        if (guestQueue == null) {
            return 0;
        }
        final boolean isPowerOfTwo = guestQueue > 0 && Integer.bitCount(guestQueue) == 1;
        final int most = "virt".equals(machine) ? MAX_SMMU_EVENTS : MAX_VTD_RECORDS;
        if (!isPowerOfTwo || guestQueue > most) {
            throw refusal("--guest-queue must be a power of two from 1 to " + most
                    + ("virt".equals(machine) ? "" : " (to " + MAX_SMMU_EVENTS + " with --machine virt)") + ", not "
                    + guestQueue);
        }
        return guestQueue;
    }

    private InjectorMode injector() {
        for (final InjectorMode mode : InjectorMode.values()) {
            if (mode.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(injector)) {
                return mode;
            }
        }
        throw refusal("--injector must be blocking, sleeping, yielding, busy-spin or run-to-completion, not '"
                + injector + "'");
    }
}
