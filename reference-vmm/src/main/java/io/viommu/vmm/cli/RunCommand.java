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

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.counters.CounterFile;
import io.viommu.vmm.board.MachineOptions;
import io.viommu.vmm.board.VirtualMachine;
import io.viommu.vmm.kvm.Kvm;
import io.viommu.vmm.kvm.KvmRefusal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code viommu run}: boots a Linux on KVM, with a vIOMMU of ours in front of its devices. */
@Command(name = "run", description = HelpTexts.RUN)
final class RunCommand extends TerminalCommand implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final long SMALLEST = 32L << 20;
    private static final long LARGEST = 1L << 42;
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([KMGT]?)");
    private static final String UNITS = "KMGT";
    private static final int MOST_DRIVES = 29;

    @Option(names = "--kernel", paramLabel = "FILE", description = HelpTexts.KERNEL)
    private Path kernel;

    @Option(names = "--initrd", paramLabel = "FILE", description = HelpTexts.INITRD)
    private Path initrd;

    @Option(names = "--append", paramLabel = "TEXT", description = HelpTexts.APPEND)
    private String append;

    @Option(names = "--memory", paramLabel = "SIZE", description = HelpTexts.GUEST_MEMORY)
    private String memory = "512M";

    @Option(names = "--cpus", paramLabel = "N", description = HelpTexts.CPUS)
    private int cpus = 1;

    @Option(names = "--iommu", paramLabel = "MODEL[,PROPERTY=VALUE...]", description = HelpTexts.IOMMU)
    private String iommu = VirtualMachine.iommuModel();

    @Option(names = "--drive", paramLabel = "FILE", description = HelpTexts.DRIVE)
    private List<Path> drives = List.of();

    @Option(names = "--faults", paramLabel = "LOG", description = HelpTexts.RUN_FAULTS)
    private List<String> faults = List.of();

    @Option(names = "--control", paramLabel = "SOCKET", description = HelpTexts.CONTROL)
    private Path control;

    @Option(names = "--counters", paramLabel = "FILE", description = HelpTexts.COUNTERS)
    private Path counters;

    RunCommand(final Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        final MachineOptions options = options();
        final Path device = Path.of(System.getProperty("viommu.kvm", Kvm.DEVICE.toString()));
        try (Kvm kvm = Kvm.open(device)) {
            VirtualMachine.require(kvm);
            final int most = VirtualMachine.mostCpus(kvm);
            if (cpus < 1 || cpus > most) {
                throw refusal("--cpus must be 1 to " + most + " on this machine, not " + cpus);
            }
            return boot(kvm, options);
        } catch (final KvmRefusal | IllegalArgumentException refused) {
            return complain(refused.getMessage());
        } catch (final LinuxException refused) {
            return complain("this machine's KVM refused: " + refused.getMessage() + ".");
        }
    }

    private int complain(final String sentence) {
        terminal().err().println("viommu: " + (sentence.endsWith(".") ? sentence : sentence + "."));
        return FAILED;
    }

    private int boot(final Kvm kvm, final MachineOptions options) throws InterruptedException {
        final Map<String, Path> outputs = new LinkedHashMap<>();
        outputs.put("--counters", counters);
        checkOutputs(outputs, faults);
        try (CounterFiles.Lease lease = counters == null
                ? new CounterFiles().forThisProcess()
                : CounterFiles.named(counters);
                CounterFile counted = lease.open(terminal().err())) {
            return new GuestRun(terminal(), faults, control).run(kvm, options, counted, console());
        }
    }

    /** The standard output without a buffer: what the guest says is seen at once. */
    private OutputStream console() {
        terminal().out().flush();
        return terminal().interactive() ? new FileOutputStream(FileDescriptor.out) : terminal().out();
    }

    private MachineOptions options() {
        if (kernel == null) {
            throw refusal("--kernel must name the kernel to boot, or --demo be given");
        }
        if (drives.size() > MOST_DRIVES) {
            throw refusal("--drive may be given " + MOST_DRIVES + " times, not " + drives.size());
        }
        final MachineOptions.Iommu choice = iommu();
        if (choice == null && !faults.isEmpty()) {
            throw refusal("--faults needs an --iommu that the guest's kernel can hear of them from");
        }
        final String line = append == null ? VirtualMachine.serialConsole() : append;
        return new MachineOptions(kernel, initrd, line, size(), cpus, choice, drives);
    }

    private MachineOptions.Iommu iommu() {
        if (iommu.equals("none")) {
            return null;
        }
        final String[] parts = iommu.split(",", -1);
        if (!parts[0].equals(VirtualMachine.iommuModel())) {
            throw refusal(
                    "--iommu must be " + VirtualMachine.iommuModel() + " or none on this machine, not '" + parts[0]
                            + "'");
        }
        final Map<String, String> properties = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            final int equals = parts[i].indexOf('=');
            if (equals < 1) {
                throw refusal("--iommu takes PROPERTY=VALUE after the model, not '" + parts[i] + "'");
            }
            properties.put(parts[i].substring(0, equals), parts[i].substring(equals + 1));
        }
        return new MachineOptions.Iommu(parts[0], properties);
    }

    private long size() {
        final Matcher text = SIZE.matcher(memory);
        long bytes = -1;
        if (text.matches()) {
            final int shift = 10 * (text.group(2).isEmpty() ? 2 : UNITS.indexOf(text.group(2)) + 1);
            final long number = Long.parseLong(text.group(1));
            bytes = number > LARGEST >> shift ? -1 : number << shift;
        }
        if (bytes < SMALLEST || (bytes & 0xFFF) != 0) {
            throw refusal("--memory must be 32M to 4T, whole pages, such as 512M or 2G, not '" + memory + "'");
        }
        return bytes;
    }
}
