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

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.vfio.VfioDevice;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.JvmFlag;
import io.viommu.memory.WordCopy;

/**
 * The consumer's end of a DMA-fault region, one for each device.
 *
 * <p>The other side shares the memory and is not trusted: the header's fixed part is read once, each entry is copied
 * once and only the copy is looked at, and a head outside the ring breaks the source with one sentence. Entries are
 * indexed by the header's entry_size; what a larger entry holds behind the known part is ignored.
 *
 * <p>One reader thread polls; any thread may read the counts. Close it when the reader has let go; closed earlier it
 * ends the poll under way first, gives nothing more, and the reader drops it.
 */
public final class DmaFaultRegion implements FaultSource {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    private static final System.Logger LOG = System.getLogger(DmaFaultRegion.class.getName());
    private static final int DEFECTS = EntryDefect.values().length;
    private static final int COPIES = 16;

    private final DmaFaultDevice device;
    private final DmaFaultMemory memory;
    private final EventFd event;
    private final RingAccess region;
    private final UnsafeBuffer entries;
    private final RingGeometry ring;
    private final int copied;
    private final UnsafeBuffer copies = new UnsafeBuffer(
            BufferUtil.allocateDirectAligned(COPIES * ExtendedFaultEntry.LENGTH, ExtendedFaultEntry.LENGTH));
    private final EntryDecoder decoder;
    private final AtomicLong read = new AtomicLong();
    private final AtomicLongArray rejected = new AtomicLongArray(DEFECTS);
    private int tail;
    private final Closing closing = new Closing("DMA-fault region");
    private volatile String failure;

    private DmaFaultRegion(final DmaFaultDevice device, final EntryFormat format, final DmaFaultMemory memory,
            final RingAccess region, final EventFd event) {
        this.device = device;
        this.memory = memory;
        this.event = event;
        this.region = region;
        this.entries = region.entries();
        this.ring = region.geometry();
        this.copied = format.length();
        this.decoder = new EntryDecoder(copies, format == EntryFormat.EXTENDED, device);
        this.tail = region.firstTail();
        if (!ring.valid(tail)) {
            throw new IllegalArgumentException("The DMA-fault region's tail is " + Integer.toUnsignedString(tail)
                    + "; it must be below nb_entries, " + ring.entries() + ".");
        }
    }

    /**
     * Makes a region with an empty ring and its eventfd, for a producer to be told of.
     *
     * @param device whose faults it will carry.
     * @param format what its entries hold.
     * @return the consumer's end, which owns both.
     * @throws io.viommu.bridge.linux.LinuxException if the kernel refuses.
     */
    public static DmaFaultRegion create(final DmaFaultDevice device, final EntryFormat format) {
        final DmaFaultMemory memory = DmaFaultMemory.create("viommu-fault-" + device.source(), format);
        try {
            return new DmaFaultRegion(device, format, memory, new SharedRing(memory, format), EventFd.create());
        } catch (final RuntimeException refused) {
            memory.close();
            throw refused;
        }
    }

    /**
     * Attaches to a region that somebody else made. It may already hold entries.
     *
     * @param device whose faults it carries.
     * @param info   what the region's capabilities say.
     * @param memory the region; owned by the result.
     * @param event  signalled by the producer; owned by the result.
     * @return the consumer's end.
     * @throws IllegalArgumentException in one sentence naming the field, if the info or the header is not sound; memory
     *         and event stay the caller's then.
     */
    public static DmaFaultRegion attach(final DmaFaultDevice device, final RegionInfo info, final DmaFaultMemory memory,
            final EventFd event) {
        final EntryFormat format = info.format();
        return new DmaFaultRegion(device, format, memory, new SharedRing(memory, format), event);
    }

    /**
     * Opens the DMA-fault region of a VFIO device, as the kernel of the 2021 series gives it one: finds the region and
     * its interrupt by type, maps the ring, and lets the interrupt signal an eventfd. The header is mapped if the
     * device lets it, and otherwise read and written by system calls.
     *
     * @param device whose faults it carries.
     * @param vfio   the device, which stays open until this is closed.
     * @return the consumer's end; closing it takes the eventfd from the device.
     * @throws IllegalArgumentException                  in one sentence, if the device has no such region or what it
     *                                                   says of it is not sound; nothing is left then.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence, if the kernel refuses; nothing is left then.
     */
    public static DmaFaultRegion open(final DmaFaultDevice device, final VfioDevice vfio) {
        final DeviceRegion found = DeviceRegion.find(vfio);
        final EventFd event = EventFd.create();
        DeviceRing ring = null;
        try {
            ring = found.map();
            final DmaFaultRegion region = new DmaFaultRegion(device, found.format(), null, ring, event);
            ring.signal(event);
            return region;
        } catch (final RuntimeException refused) {
            if (ring != null) {
                ring.close();
            }
            event.close();
            throw refused;
        }
    }

    @Override
    public String name() {
        return device.name();
    }

    /**
     * Whose faults these are.
     *
     * @return the device.
     */
    public DmaFaultDevice device() {
        return device;
    }

    /**
     * The region's memory, to hand to a producer.
     *
     * @return owned by this; null for the region of a VFIO device.
     */
    public DmaFaultMemory memory() {
        return memory;
    }

    /**
     * The region's eventfd, to hand to a producer.
     *
     * @return owned by this.
     */
    public EventFd event() {
        return event;
    }

    @Override
    public int readyFd() {
        return event.fd();
    }

    @Override
    public void ready() {
        if (region.use().enter()) { // else the descriptor's number may be somebody else's now
            try {
                event.drain();
            } finally {
                region.use().exit();
            }
        }
    }

    /**
     * {@inheritDoc} Returning fewer than {@code limit} means that the ring was seen empty after the tail had been
     * stored: a producer that leaves the signal out while the consumer lags behind loses no wake-up.
     */
    @Override
    public int poll(final FaultSink sink, final int limit) {
        if (failure != null || closing.begun() || !region.use().enter()) {
            return 0;
        }
        try {
            return takeAll(sink, limit);
        } finally {
            region.use().exit();
        }
    }

    private int takeAll(final FaultSink sink, final int limit) {
        int taken = 0;
        int head = region.head();
        while (head != tail && taken < limit) {
            if (!ring.valid(head)) {
                fail(head);
                break;
            }
            taken += take(sink, head, limit - taken);
            head = region.head();
        }
        if (taken > 0) {
            read.lazySet(read.getPlain() + taken);
        }
        return taken;
    }

    private int take(final FaultSink sink, final int head, final int limit) {
        entries.boundsCheck(ring.at(ring.mask()), ring.entrySize()); // the one check; it fails after close
        int taken = 0;
        int held = 0;
        while (tail != head && taken < limit) {
            final int count = Math.min(Math.min(head - tail & ring.mask(), limit - taken), COPIES);
            copy(count);
            tail = tail + count & ring.mask();
            taken += count;
            held += count;
            // The producer drops while the ring is full, so a long drain makes room in between.
            if (held >= ring.entries() / 4) {
                region.room(tail);
                held = 0;
            }
            decode(sink, count);
        }
        region.settle(tail); // before the next look at the head
        return taken;
    }

    /** Several at once: each comes from the producer's cache, and so they come together instead of one by one. */
    private void copy(final int count) {
        final long ringBase = entries.addressOffset();
        final long copyBase = copies.addressOffset();
        for (int i = 0; i < count; i++) {
            WordCopy.copy(null, ringBase + ring.at(tail + i & ring.mask()), null,
                    copyBase + i * ExtendedFaultEntry.LENGTH, copied);
        }
    }

    private void decode(final FaultSink sink, final int count) {
        for (int i = 0; i < count; i++) {
            final EntryDefect defect = decoder.decode(sink, i * ExtendedFaultEntry.LENGTH);
            if (defect != null) {
                rejected.lazySet(defect.ordinal(), rejected.get(defect.ordinal()) + 1);
                sink.reject(device.source(), FaultDisposition.MALFORMED);
            }
        }
    }

    private void fail(final int head) {
        failure = "The DMA-fault region of " + device.name() + " is broken: " + region.defect(head) + ".";
        LOG.log(System.Logger.Level.WARNING, failure);
    }

    @Override
    public boolean exhausted() {
        return failure != null || closing.begun() || region.use().begun();
    }

    /**
     * Why the source gave up.
     *
     * @return one sentence, or null while it works.
     */
    public String failure() {
        return failure;
    }

    /**
     * Entries taken out of the ring so far, sound or not.
     *
     * @return exact once the reader has stopped, else a momentary figure.
     */
    public long read() {
        return read.get();
    }

    /**
     * Entries rejected so far for one reason.
     *
     * @param defect the reason.
     * @return how many.
     */
    public long rejected(final EntryDefect defect) {
        return rejected.get(defect.ordinal());
    }

    /**
     * Entries rejected so far for any reason.
     *
     * @return how many.
     */
    public long rejected() {
        long sum = 0;
        for (int i = 0; i < DEFECTS; i++) {
            sum += rejected.get(i);
        }
        return sum;
    }

    @Override
    public void close() {
        closing.close(region.use().isWithin(), () -> Closing.all(region::close, event::close));
    }

    @Override
    public String toString() {
        return "DmaFaultRegion(" + device.name() + ")";
    }
}
