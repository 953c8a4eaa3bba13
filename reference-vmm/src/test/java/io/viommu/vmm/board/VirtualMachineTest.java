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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.counters.CounterFile;
import io.viommu.vmm.kvm.Kvm;

/** A machine from power-on to its end, with guests so small that every KVM of x86_64 runs them. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class VirtualMachineTest {

    private static final int CYCLES = Integer.getInteger("viommu.cycles", 10);

    @TempDir
    private Path folder;
    private Kvm kvm;
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();

    @BeforeEach
    void open() {
        assumeTrue("amd64".equals(System.getProperty("os.arch")) && Files.isWritable(Kvm.DEVICE),
                "There is no KVM of x86_64 here.");
        kvm = Kvm.open(Kvm.DEVICE);
    }

    @AfterEach
    void close() {
        if (kvm != null) {
            kvm.close();
        }
    }

    private MachineOptions options(final TinyGuest guest, final int cpus, final Path... drives) throws IOException {
        return new MachineOptions(guest.in(folder), null, "", 32L << 20, cpus,
                new MachineOptions.Iommu("intel-iommu", Map.of()), List.of(drives));
    }

    private Ending run(final TinyGuest guest) throws Exception {
        try (VirtualMachine machine = new VirtualMachine(kvm, options(guest, 2), screen, CounterFile.inMemory())) {
            return machine.run();
        }
    }

    @Test
    void whatTheGuestSaysIsOnTheConsoleWhenTheMachineIsClosed() throws Exception {
        assertThat(run(new TinyGuest().print("good morning\n").powerOff()).kind()).isEqualTo(Ending.Kind.POWER_OFF);
        assertThat(screen).hasToString("good morning\n");
    }

    @Test
    void theKeyboardControllerAndTheResetRegisterReset() throws Exception {
        assertThat(run(new TinyGuest().out(0x64, 0xFE).hang()).kind()).isEqualTo(Ending.Kind.RESET);
        assertThat(run(new TinyGuest().out(0x604, 1).hang()).kind()).isEqualTo(Ending.Kind.RESET);
    }

    @Test
    void registersOfEveryDeviceAreReached() throws Exception {
        final TinyGuest guest = new TinyGuest();
        guest.loadAndPrint(X86Map.IOMMU).loadAndPrint(X86Map.ECAM + (1 << 15)).loadAndPrint(X86Map.ECAM + (9 << 15));
        guest.store(X86Map.IOAPIC, 1).loadAndPrint(X86Map.IOAPIC + 0x10);
        guest.store(X86Map.ECAM + (1 << 15) + 4, 2).loadAndPrint(X86Map.PCI_MEMORY + 0x1_0000 + 0x12);
        run(guest.loadAndPrint(0xD000_0000L).powerOff());
        assertThat(screen.toByteArray()).as("VER_REG, a vendor id, nothing, IOAPICVER, num_queues, nothing")
                .containsExactly(0x10, 0xF4, 0xFF, 0x20, 1, 0xFF);
    }

    @Test
    void aTripleFaultIsASentenceThatSaysWhere() throws Exception {
        final Ending ending = run(new TinyGuest().tripleFault());
        assertThat(ending.kind()).isEqualTo(Ending.Kind.FAILED);
        assertThat(ending.text()).matches("vCPU 0 at 0x[0-9a-f]+ can't go on: .+");
    }

    @Test
    void aGuestThatNeverStopsIsStopped() throws Exception {
        for (final TinyGuest guest : List.of(new TinyGuest().print("x").hang(), new TinyGuest().print("x").halt())) {
            screen.reset();
            try (VirtualMachine machine = new VirtualMachine(kvm, options(guest, 2), screen, CounterFile.inMemory())) {
                final Thread stopper = Thread.ofPlatform().start(() -> {
                    while (screen.size() == 0) {
                        Thread.onSpinWait();
                    }
                    machine.stop();
                });
                assertThat(machine.run().kind()).isEqualTo(Ending.Kind.STOPPED);
                stopper.join();
            }
        }
    }

    @Test
    void aMachineThatWasNeverRunIsClosed() throws Exception {
        final Usage before = Usage.now();
        new VirtualMachine(kvm, options(new TinyGuest().hang(), 2), screen, CounterFile.inMemory()).close();
        assertThat(Usage.now().descriptors()).isEqualTo(before.descriptors());
    }

    @Test
    void whatCantBeIsRefusedInOneSentenceAndLeavesNothing() throws Exception {
        run(new TinyGuest().powerOff());
        final Usage before = Usage.now();
        final Path text = Files.writeString(folder.resolve("text"), "no kernel");
        final byte[] arm = new byte[128];
        System.arraycopy(new byte[]{ 'A', 'R', 'M', 'd' }, 0, arm, 0x38, 4);
        final Path image = Files.write(folder.resolve("Image"), arm);
        final MachineOptions good = options(new TinyGuest().powerOff(), 1);
        refused(with(text, null, List.of()), "--kernel must be a bzImage of Linux; " + text + " is none");
        refused(with(image, null, List.of()),
                "--kernel must be a bzImage of x86_64, as this machine is; " + image + " is an Image of arm64");
        refused(with(folder, null, List.of()), "--kernel must be a file; " + folder + " is a directory");
        refused(with(good.kernel(), folder.resolve("no"), List.of()),
                "--initrd must be a file that can be read: " + folder.resolve("no") + " does not exist");
        refused(with(good.kernel(), null, List.of(folder)),
                "--drive must be a file with the disk's contents; " + folder + " is a directory");
        refused(with(good.kernel(), null, List.of(text)),
                "--drive must be at least 512 bytes; " + text + " is shorter");
        refused(with(good.kernel(), Files.write(folder.resolve("big"), new byte[40 << 20]), List.of()),
                "--memory must be at least 42 MiB for this kernel and initrd, not 32");
        refused(new MachineOptions(good.kernel(), null, "x".repeat(2048), good.memory(), 1, null, List.of()),
                "--append must be at most 2047 bytes for this kernel, not 2048");
        refused(new MachineOptions(good.kernel(), null, "", good.memory(), 1,
                new MachineOptions.Iommu("intel-iommu", Map.of("aw-bits", "12")), List.of()),
                "intel-iommu: aw-bits must be ");
        assertThat(Usage.now().descriptors()).isEqualTo(before.descriptors());
        assertThat(Usage.now().threads()).isEqualTo(before.threads());
    }

    private static MachineOptions with(final Path kernel, final Path initrd, final List<Path> drives) {
        return new MachineOptions(kernel, initrd, "", 32L << 20, 1, null, drives);
    }

    private void refused(final MachineOptions options, final String sentence) {
        assertThatThrownBy(() -> new VirtualMachine(kvm, options, screen, CounterFile.inMemory()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(sentence);
    }

    @Test
    void cyclesLeaveNeitherDescriptorsNorThreadsNorMemory() throws Exception {
        final Path disk = Files.write(folder.resolve("disk"), new byte[1 << 16]);
        final MachineOptions options = options(new TinyGuest().print(".").powerOff(), 2, disk);
        Usage before = null;
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            try (VirtualMachine machine = new VirtualMachine(kvm, options, screen, CounterFile.inMemory())) {
                assertThat(machine.run().kind()).isEqualTo(Ending.Kind.POWER_OFF);
            }
            if (cycle == CYCLES / 4) {
                before = Usage.now(); // classes are loaded and pools filled
            }
        }
        final Usage after = Usage.now();
        System.out.println("after " + CYCLES / 4 + " cycles " + before + ", after " + CYCLES + " " + after);
        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.threads()).isEqualTo(before.threads());
        assertThat(after.resident()).as("bytes").isLessThan(before.resident() + (64L << 20));
        assertThat(screen.toString()).isEqualTo(".".repeat(CYCLES));
    }

    /** What this process has of the machine. */
    private record Usage(long descriptors, long threads, long resident) {

        static Usage now() throws IOException {
            System.gc();
            try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"));
                    Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
                final long resident = Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:")).mapToLong(
                                line -> Long.parseLong(line.replaceAll("\\D+", "")) << 10)
                        .findFirst().orElseThrow();
                return new Usage(open.count(), tasks.count(), resident);
            }
        }
    }
}
