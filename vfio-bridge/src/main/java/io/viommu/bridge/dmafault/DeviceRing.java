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
package io.viommu.bridge.dmafault;

import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.HEAD;
import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.TAIL;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.lifecycle.Closing;

/**
 * The region of a VFIO device: the kernel takes the tail by pwrite at the start of the region, 4 bytes and no others,
 * and gives the head by pread, both under its mutex, which orders the entries too. A device whose header can be mapped
 * needs no system calls.
 */
final class DeviceRing implements RingAccess {

    private static final System.Logger LOG = System.getLogger(DeviceRing.class.getName());
    private static final int BROKEN = -1;

    private final DeviceRegion device;
    private final RingGeometry geometry;
    private final FileMapping mapping;
    private final UnsafeBuffer entries;
    private final boolean mapped;
    private final int firstTail;
    private final MemorySegment index = Arena.ofAuto().allocate(Integer.BYTES, Long.BYTES);
    private final Closing closing = new Closing("DMA-fault region");
    private boolean armed;
    private String defect;

    /** {@code start} is where the mapping begins in the region; from 0 on it has the header too. */
    DeviceRing(final DeviceRegion device, final RingGeometry ring, final int start, final FileMapping mapping,
            final int firstTail) {
        this.device = device;
        this.geometry = ring.from(start);
        this.mapping = mapping;
        this.entries = new UnsafeBuffer(mapping.segment().address(), (int) mapping.segment().byteSize());
        this.mapped = start == 0;
        this.firstTail = firstTail;
    }

    /** Has each fault signal an eventfd. */
    void signal(final EventFd event) {
        device.vfio().signal(device.interrupt().index(), 0, event.fd());
        armed = true;
    }

    @Override
    public Closing use() {
        return closing;
    }

    @Override
    public RingGeometry geometry() {
        return geometry;
    }

    @Override
    public UnsafeBuffer entries() {
        return entries;
    }

    @Override
    public int firstTail() {
        return firstTail;
    }

    @Override
    public int head() {
        if (defect != null) {
            return BROKEN;
        }
        if (mapped) {
            return entries.getIntVolatile(HEAD);
        }
        return done("read", HEAD, device.vfio().read(device.region(), HEAD, index))
                ? index.get(ValueLayout.JAVA_INT, 0)
                : BROKEN;
    }

    @Override
    public void room(final int tail) {
        if (mapped) {
            entries.putIntRelease(TAIL, tail);
        } else {
            index.set(ValueLayout.JAVA_INT, 0, tail);
            done("written", TAIL, device.vfio().write(device.region(), TAIL, index));
        }
    }

    @Override
    public void settle(final int tail) {
        if (mapped) {
            entries.putIntVolatile(TAIL, tail);
        } else {
            room(tail);
        }
    }

    private boolean done(final String what, final int at, final long result) {
        if (result != Integer.BYTES) {
            defect = "its " + (at == HEAD ? "head" : "tail") + " can't be " + what + ": "
                    + (result < 0 ? Errno.describe((int) -result) : "only " + result + " bytes were taken");
        }
        return result == Integer.BYTES;
    }

    @Override
    public String defect(final int head) {
        return defect == null ? RingAccess.super.defect(head) : defect;
    }

    /** Takes the eventfd away first: nothing is signalled any more. A device that has vanished signals nothing. */
    @Override
    public void close() {
        closing.close(this::letGo);
    }

    private void letGo() {
        if (armed) {
            armed = false;
            try {
                device.vfio().silence(device.interrupt().index(), 0);
            } catch (final LinuxException gone) {
                LOG.log(System.Logger.Level.WARNING, gone.getMessage());
            }
        }
        entries.wrap(0, 0); // a late access then fails its bounds check instead of the process
        mapping.close();
    }
}
