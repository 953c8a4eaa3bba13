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

/** What the commands say about themselves and their options. */
final class HelpTexts {

    static final String REPLAY = "Plays the IOMMU faults of kernel logs all the way to a "
            + "guest.%nEach fault is written by a producer process into a DMA-fault region, read, injected "
            + "into a vIOMMU, fetched by a guest's driver after its interrupt, and printed as that guest's "
            + "kernel would.";
    static final String FILES = "kernel logs as people paste them; - is standard input";
    static final String MACHINE = "give all faults to this machine (default: each to the machine of "
            + "its architecture)";
    static final String JSON = "print a JSON object on a line for each fault, and a summary";
    static final String DMESG = "print every line of the guests' kernels, as it comes";
    static final String SPEED = "N faults per second, waiting for nobody, 0 for as fast as possible: "
            + "queues overflow then (default: as fast as the guest takes them, nothing is lost)";
    static final String REPEAT = "play the whole input N times (default: 1)";
    static final String ENTRY_SIZE = "bytes of a region's entry; 64 is the plain record of 2021 "
            + "(default: 128)";
    static final String GUEST_QUEUE = "records of the guest's queue: SMMUv3 events (a power of two) "
            + "or VT-d fault records";
    static final String RECORD = "keep every fault, as it was read, in this fault journal; replay and decode take it "
            + "like a log";
    static final String INJECTOR = "who injects: blocking (a thread that sleeps when idle; the default), sleeping, "
            + "yielding, busy-spin, or run-to-completion (the reader itself)";
    static final String MAP = "the guest knows device HOST as GUEST: StreamIDs (0x100=0x8) or "
            + "03:00.0=00:05.0; repeatable";
    static final String COUNTERS = "where 'viommu stat' finds the counters (default: a file for each "
            + "run, while it runs)";
    static final String DECODE = "Explains every IOMMU fault of kernel logs in words, with the "
            + "section of its specification.%nFor example: dmesg | viommu decode";
    static final String DECODE_FILES = "kernel logs as people paste them (default: standard input)";
    static final String STAT = "Shows the counters of a running viommu: the one started last, or the "
            + "one whose file is named.";
    static final String STAT_FILE = "the counters' file";
    static final String WATCH = "show them again every so many seconds, with what was added per "
            + "second, until it ends";
    static final String STAT_FAULTS = "show the faults of a file that --fault-log kept, each that differs with how "
            + "often, first and last; also while it is written, and after a crash";
    static final String STAT_JSON = "print a JSON object on a line for each fault of --fault-log, and a summary";
    static final String FAULT_LOG = "count each fault that differs by device and reason in this file, which "
            + "'viommu stat --fault-log' shows";
    static final String ALL = "show counters that are 0, too";
    static final String VFIO_USER = "Presents a vIOMMU's registers as a PCI function on a vfio-user socket, for an "
            + "unmodified QEMU (11 or newer) with an unmodified guest.";
    static final String MODEL = "which vIOMMU";
    static final String SOCKET = "where its function is served; nothing may exist there";
    static final String PROPERTIES = "properties of the model, by QEMU's names";
    static final String ENDPOINT = "also serve a device whose DMA goes through the model: virtio-rng or "
            + "virtio-console; SLOT is where the VMM plugs it on bus 0 (default: 1e.0 and 1d.0)";
    static final String DOOR_FAULTS = "a kernel log or fault journal whose faults are injected when the guest's "
            + "driver takes them; repeatable";
    static final String PACE = "milliseconds from fault to fault (default: 0); Linux prints 10 in 5 seconds";
    static final String CONTROL = "a socket for commands: fault, storm, log, dma, trespass, heard, answers, "
            + "spoil, ready";
    static final String MEMORY = "the sealed memfd (/proc/PID/fd/N) that holds the guest's RAM, for a VMM that passes "
            + "no descriptors";
    static final String TRACE = "write the guest's register accesses and commands to this file";
    static final String VISIBLE = "leave the function visible to the guest (default: it hides when BAR 0 is set)";
    static final String REAL_GUEST = "Boots a stock Linux under QEMU with a vIOMMU as its IOMMU, injects the faults of "
            + "kernel logs, and shows the guest's console printing them.";
    static final String GUEST = "which guest (default: the one whose IOMMU reports such faults)";
    static final String MOST = "replay so many faults and no more (default: 20); Linux prints 10 in 5 seconds";
    static final String SET_UP = "what fetches QEMU and kernels if they are missing: config/real-guest/set-up";
    static final String RUN = "Boots a Linux on this machine's KVM, with a vIOMMU in front of its devices and its "
            + "console on this terminal. Ctrl-A x ends it.";
    static final String KERNEL = "a bzImage on x86_64, an uncompressed Image on arm64";
    static final String INITRD = "the initial root file system";
    static final String APPEND = "the kernel's command line (default: its console on this terminal)";
    static final String GUEST_MEMORY = "RAM, such as 512M or 2G (default: 512M)";
    static final String CPUS = "number of vCPUs (default: 1)";
    static final String IOMMU = "the vIOMMU: smmuv3 on arm64, intel-iommu on x86_64, with properties by QEMU's names, "
            + "or none";
    static final String DRIVE = "a file as a disk, /dev/vda and so on; repeatable";
    static final String RUN_FAULTS = "a kernel log or fault journal whose faults another process writes into mapped "
            + "regions when the guest's driver takes them, one in a second; repeatable";
    static final String VIOMMU = "vIOMMU device models (Arm SMMUv3, Intel VT-d) at work.";

    static final String STATUS = "%nExit status: 0 done, 1 finished with rejected input or failed "
            + "checks, 2 usage.%n'viommu COMMAND --help' explains a command.";

    private HelpTexts() {
    }
}
