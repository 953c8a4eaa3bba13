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

package io.viommu.vmm.guest;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.MmioDevice;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestRam;

/** A guest with a real model under it, whose register accesses are written down, and no pipeline. */
final class Guest implements AutoCloseable {

    static final long RAM = 0x4000_0000L;
    static final long RAM_SIZE = 8L << 20;
    static final long DOORBELL = 0x0802_0040L;

    final GuestRam memory = new GuestRam();
    final GuestInterrupts interrupts = new GuestInterrupts(DOORBELL);
    final List<String> kernelLog = Collections.synchronizedList(new ArrayList<>());
    final List<long[]> fetched = Collections.synchronizedList(new ArrayList<>());
    final List<String> writes = Collections.synchronizedList(new ArrayList<>());
    final VirtualIommu iommu;
    private final Arena arena = Arena.ofShared();
    private final UnsafeBuffer slot = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
    private final FaultRecord record = new FaultRecord();
    private GuestDriver driver;

    Guest(final String model, final Map<String, String> properties) {
        memory.addRegion(RAM, arena.allocate(RAM_SIZE, 4096));
        iommu = IommuModels.create(model, properties, new IommuPlatform(memory, interrupts));
    }

    /** The model behind a clerk who notes each write as {@code offset/size}. */
    MmioDevice device() {
        return new MmioDevice() {
            @Override
            public long mmioSize() {
                return iommu.mmioSize();
            }

            @Override
            public long read(final long offset, final int size) {
                return iommu.read(offset, size);
            }

            @Override
            public void write(final long offset, final int size, final long value) {
                writes.add("%x/%d".formatted(offset, size));
                iommu.write(offset, size, value);
            }
        };
    }

    GuestPages pages() {
        return new GuestPages(memory, RAM, RAM_SIZE);
    }

    void take(final long w0, final long w1, final long w2, final long w3, final long time) {
        fetched.add(new long[]{ w0, w1, w2, w3 });
    }

    <D extends GuestDriver> D start(final D made) {
        driver = made;
        made.start();
        return made;
    }

    FaultDisposition inject(final int kind, final int device, final long... words) {
        record.wrap(slot, 0).clear();
        record.kind(kind).hostDevice(device).guestDevice(device).asReported(true);
        for (int i = 0; i < words.length; i++) {
            record.word(i, words[i]);
        }
        return iommu.inject(record);
    }

    FaultDisposition injectTranslationFault(final int stream, final long address) {
        return inject(FaultKind.SMMU_EVENT, stream, 0x10L | (long) stream << 32, 0x0000_0200_0000_0000L, address, 0);
    }

    FaultDisposition injectWriteFault(final int requester, final long page) {
        return inject(FaultKind.VTD_FAULT, requester, page, 0x8000_0005_0000_0000L | requester);
    }

    static void await(final BooleanSupplier condition) throws InterruptedException {
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen within 20 seconds");
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Override
    public void close() {
        if (driver != null) {
            driver.close();
        }
        arena.close();
    }
}
