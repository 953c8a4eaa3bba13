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

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

import org.agrona.DirectBuffer;

import io.viommu.iommu.DmaMemory;
import io.viommu.vmm.control.StrayPort;
import io.viommu.vmm.kvm.KvmVm;
import io.viommu.vmm.virtio.VirtioBlock;
import io.viommu.vmm.virtio.VirtioConsole;
import io.viommu.vmm.virtio.VirtioRng;

/** The devices behind the vIOMMU: an entropy device, a console, and a disk for each drive, one to a slot from 1 on. */
final class GuestDevices {

    private static final int RNG_SLOT = 1;
    private static final int CONSOLE_SLOT = 2;
    private static final int FIRST_DISK_SLOT = 3;
    /** The highest slot is 31. */
    static final int MOST_DRIVES = 32 - FIRST_DISK_SLOT;

    private static final int CLASS_OTHER = 0x00FF;
    private static final int CLASS_CONSOLE = 0x0780;
    private static final int CLASS_DISK = 0x0180;

    private final List<PciDevice> devices = new ArrayList<>();
    private final VirtioPciDevice entropy;
    private final VirtioPciDevice console;
    private final VirtioConsole port;

    /** What the devices are plugged into; {@code memory} makes a way for each, behind a vIOMMU if translated. */
    record Bus(PciRoot root, KvmVm vm, Supplier<DmaMemory> memory, boolean translated, IntFunction<MsiRoute> routes,
            Resources resources) {

        VirtioPciDevice.Slot slot(final int number) {
            return new VirtioPciDevice.Slot(number, vm, memory.get(), translated, routes);
        }
    }

    GuestDevices(final Bus bus, final List<Path> drives, final ConsoleOutput out) {
        entropy = new VirtioPciDevice(bus.slot(RNG_SLOT), VirtioRng.DEVICE, CLASS_OTHER, 2,
                around -> new VirtioRng(around, SecureRandom::new));
        plug(bus, entropy);
        console = new VirtioPciDevice(bus.slot(CONSOLE_SLOT), VirtioConsole.DEVICE, CLASS_CONSOLE, 3,
                around -> new VirtioConsole(around, (address, text, length) -> heard(out, address, text, length)));
        port = (VirtioConsole) console.device();
        plug(bus, console);
        int slot = FIRST_DISK_SLOT;
        for (final Path drive : drives) {
            final FileDisk disk = bus.resources().add(new FileDisk(drive));
            plug(bus, new VirtioPciDevice(bus.slot(slot++), VirtioBlock.DEVICE, CLASS_DISK, 2,
                    around -> new VirtioBlock(around, disk)));
        }
    }

    private void plug(final Bus bus, final PciDevice device) {
        devices.add(bus.resources().add(device));
        bus.root().plug(device);
    }

    private void heard(final ConsoleOutput out, final long address, final DirectBuffer text, final int length) {
        console.port().heard(address, text, length);
        for (int i = 0; i < length; i++) {
            out.put(text.getByte(i));
        }
    }

    StrayPort entropy() {
        return entropy.port();
    }

    StrayPort console() {
        return console.port();
    }

    /** Bytes that the user typed, for a guest whose console is the virtio console. */
    void type(final byte[] bytes, final int length) {
        port.say(bytes, length);
        console.wake();
    }

    void start() {
        devices.forEach(PciDevice::start);
    }
}
