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
package io.viommu.vmm.replay;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

import io.viommu.device.MmioDevice;

/**
 * Sets up the queues of an SMMUv3, without a driver, and looks at their bytes; registers and offsets of IHI 0070,
 * chapter 6.
 */
final class SmmuView implements GuestView {

    private static final long COMMANDS = 0;
    private static final long EVENTS = 0x1_0000;
    private static final long REQUESTS = 0x2_0000;
    private static final int LOG2 = 6;

    private final MmioDevice device;
    private final MemorySegment ram;
    private int commandsGiven;

    SmmuView(final MmioDevice device, final MemorySegment ram, final long base) {
        this.device = device;
        this.ram = ram;
        device.write(0x90, 8, base + COMMANDS | LOG2);
        device.write(0xA0, 8, base + EVENTS | LOG2);
        device.write(0xC0, 8, base + REQUESTS | LOG2);
        device.write(0x20, 4, 0b1111);
    }

    @Override
    public List<Long> events() {
        return words(EVENTS, eventProd() & 0x7F, 4);
    }

    @Override
    public List<Long> requests() {
        return words(REQUESTS, (int) device.read(0x1_00C8, 4) & 0x7F, 2);
    }

    int eventProd() {
        return (int) device.read(0x1_00A8, 4);
    }

    private List<Long> words(final long queue, final int prod, final int length) {
        final List<Long> words = new ArrayList<>();
        for (int i = 0; i < prod * length; i++) {
            words.add(ram.get(ValueLayout.JAVA_LONG, queue + i * 8L));
        }
        return words;
    }

    void command(final long word0, final long word1) {
        ram.set(ValueLayout.JAVA_LONG, COMMANDS + commandsGiven * 16L, word0);
        ram.set(ValueLayout.JAVA_LONG, COMMANDS + commandsGiven * 16L + 8, word1);
        device.write(0x98, 4, ++commandsGiven);
    }
}
