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

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.viommu.counters.CounterFile;
import io.viommu.vmm.control.ControlCommands;
import io.viommu.vmm.control.ControlSocket;
import io.viommu.vmm.control.ControlTarget;
import io.viommu.vmm.control.FaultInjector;
import io.viommu.vmm.control.StrayPort;
import io.viommu.vmm.kvm.Kvm;
import io.viommu.vmm.kvm.KvmCapability;
import io.viommu.vmm.kvm.KvmVcpu;
import io.viommu.vmm.kvm.KvmVm;
import io.viommu.vmm.replay.LiveReplay;

/**
 * A guest, from power-on to its end. Made, run once and closed; all that it took is then given back, whatever happened.
 */
public final class VirtualMachine implements ControlTarget, AutoCloseable {

    private final Resources resources = new Resources();
    private final List<VcpuLoop> loops = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final MachineEnd end = new MachineEnd(() -> loops.forEach(VcpuLoop::kick));
    private final Board board;
    private final boolean virtioConsole;
    private boolean started;

    /** The architecture of this machine, which is the guest's. */
    private static boolean arm64() {
        return "aarch64".equals(System.getProperty("os.arch"));
    }

    /**
     * The name of this machine's vIOMMU.
     *
     * @return the model that guests of this machine's architecture have a driver for.
     */
    public static String iommuModel() {
        return arm64() ? "smmuv3" : "intel-iommu";
    }

    /**
     * The option by which Linux's console is the serial port.
     *
     * @return for the command line.
     */
    public static String serialConsole() {
        return arm64() ? "console=ttyAMA0" : "console=ttyS0";
    }

    /**
     * Refuses a machine that can't run guests.
     *
     * @param kvm the system.
     * @throws io.viommu.vmm.kvm.KvmRefusal in one sentence.
     */
    public static void require(final Kvm kvm) {
        if (arm64()) {
            Arm64Board.check(kvm);
        } else {
            X86Board.check(kvm);
        }
    }

    /**
     * How many vCPUs a guest may have here.
     *
     * @param kvm the system.
     * @return at least 1.
     */
    public static int mostCpus(final Kvm kvm) {
        return Math.clamp(kvm.capability(KvmCapability.MAX_VCPUS), 1,
                arm64() ? Arm64Board.MOST_CPUS : X86Board.MOST_CPUS);
    }

    /**
     * Builds a machine and loads its kernel.
     *
     * @param kvm      the system.
     * @param options  what the user wants.
     * @param console  takes what the guest's console says; written by one thread, and not closed.
     * @param counters where faults are counted.
     * @throws io.viommu.vmm.kvm.KvmRefusal in one sentence, if this machine can't run it.
     * @throws IllegalArgumentException     in one sentence, if an option can't be.
     */
    public VirtualMachine(final Kvm kvm, final MachineOptions options, final OutputStream console,
            final CounterFile counters) {
        virtioConsole = options.commandLine().contains("console=hvc0");
        try {
            final ConsoleOutput out = resources.add(new ConsoleOutput(console));
            final BoardMemory memory = resources.add(new BoardMemory(options.memory()));
            final KvmVm vm = resources.add(kvm.createVm(0));
            final Board.Parts parts = new Board.Parts(kvm, vm, memory, out, end, resources);
            board = arm64() ? new Arm64Board(parts, options, counters) : new X86Board(parts, options, counters);
            for (final KvmVcpu vcpu : board.vcpus()) {
                loops.add(new VcpuLoop(vcpu, board, end));
            }
        } catch (final RuntimeException | Error failure) {
            resources.close();
            throw failure;
        }
    }

    /**
     * Runs the guest until it ends or is stopped.
     *
     * @return how it ended.
     * @throws InterruptedException if the calling thread is interrupted; the guest goes on until {@link #close}.
     */
    public Ending run() throws InterruptedException {
        synchronized (this) {
            if (started) {
                throw new IllegalStateException("a machine runs once");
            }
            started = true;
            board.devices().start();
            for (int i = 0; i < loops.size(); i++) {
                threads.add(Thread.ofPlatform().name("vcpu-" + i).start(loops.get(i)));
            }
        }
        return end.await();
    }

    /**
     * Takes commands from now on, by lines on a socket; before the guest runs.
     *
     * @param socket where; nothing may exist there.
     * @throws java.io.UncheckedIOException in one sentence, if it can't be made.
     */
    public void listen(final Path socket) {
        resources.add(new ControlSocket(socket, new ControlCommands(this)));
    }

    /**
     * Where a replay of physical faults goes.
     *
     * @param counters where it counts.
     * @return the way to the guest's vIOMMU.
     */
    public LiveReplay.Target replayTarget(final CounterFile counters) {
        final GuestIommu iommu = board.iommu();
        return new LiveReplay.Target(iommu.pipeline(), iommu.faults().smmu(), iommu.faults()::ready, counters);
    }

    @Override
    public FaultInjector faults() {
        if (board.iommu() == null) {
            throw new IllegalArgumentException("the guest has no vIOMMU");
        }
        return board.iommu().faults();
    }

    @Override
    public Map<Integer, Integer> devices() {
        return Map.of();
    }

    @Override
    public StrayPort entropy(final String command) {
        return board.devices().entropy();
    }

    @Override
    public StrayPort console(final String command) {
        return board.devices().console();
    }

    @Override
    public void spoil() {
        throw new IllegalArgumentException("spoil: the guest's command queue is left alone here");
    }

    /** Ends the run as if by switching the power off; by any thread. */
    public void stop() {
        end.reach(Ending.STOPPED);
    }

    /**
     * Gives the guest's console bytes that the user typed; by any thread.
     *
     * @param bytes  the bytes.
     * @param length how many.
     */
    public void type(final byte[] bytes, final int length) {
        if (virtioConsole) {
            board.devices().type(bytes, length);
        } else {
            board.type(bytes, length);
        }
    }

    /** Ends the run, waits for its threads, and gives everything back; for all callers alike. */
    @Override
    public synchronized void close() {
        stop();
        boolean interrupted = false;
        for (final Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (final InterruptedException later) {
                    interrupted = true;
                }
            }
        }
        resources.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
