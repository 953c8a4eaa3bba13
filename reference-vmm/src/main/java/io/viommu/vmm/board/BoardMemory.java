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

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.memory.GuestRam;
import io.viommu.vmm.kvm.KvmRefusal;
import io.viommu.vmm.kvm.KvmVm;

/**
 * The guest's RAM: one anonymous memory file that vCPUs, device models and the loader all see, without a copy. Closed
 * after everybody who touches it has ended.
 */
final class BoardMemory implements AutoCloseable {

    private final SharedMemory host;
    private final GuestRam guest = new GuestRam();
    private final List<Bank> banks = new ArrayList<>();
    private long shown;

    private record Bank(long base, MemorySegment segment) {
    }

    BoardMemory(final long size) {
        try {
            host = SharedMemory.create("viommu-guest", size);
        } catch (final LinuxException failure) {
            throw new KvmRefusal("--memory must be what this machine can map; " + size + " bytes it can't: "
                    + failure.getMessage() + ".");
        }
    }

    /** Shows the next bytes to the guest at an address. */
    void addBank(final KvmVm vm, final long base, final long length) {
        final MemorySegment segment = host.segment().asSlice(shown, length);
        vm.addMemory(banks.size(), base, segment);
        guest.addRegion(base, segment);
        banks.add(new Bank(base, segment));
        shown += length;
    }

    GuestRam guest() {
        return guest;
    }

    /** The first bank: where a kernel is loaded. */
    MemorySegment low() {
        return banks.getFirst().segment();
    }

    /** Copies bytes to an offset in the first bank. */
    void load(final long offset, final byte[] bytes) {
        load(offset, bytes, 0, bytes.length);
    }

    void load(final long offset, final byte[] bytes, final int from, final int length) {
        MemorySegment.copy(MemorySegment.ofArray(bytes), from, low(), offset, length);
    }

    @Override
    public void close() {
        banks.forEach(bank -> guest.removeRegion(bank.base()));
        host.close();
    }
}
