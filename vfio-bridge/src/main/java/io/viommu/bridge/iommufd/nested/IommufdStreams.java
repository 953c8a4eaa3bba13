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
package io.viommu.bridge.iommufd.nested;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.iommufd.FaultQueue;
import io.viommu.bridge.iommufd.HardwareInfo;
import io.viommu.bridge.iommufd.NestedTable;
import io.viommu.bridge.iommufd.Vdevice;
import io.viommu.bridge.iommufd.Viommu;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.IommufdObjects.HwInfoLayout;
import io.viommu.bridge.uapi.IommufdTables.ArmSmmuv3InvalidateLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptArmSmmuv3Layout;
import io.viommu.iommu.NestedStreams;

/**
 * The streams of a virtual SMMUv3 whose devices iommufd attaches: an entry that the guest installs becomes a nested
 * table, attached in place of the one before, which is destroyed then. All entries that abort share one table, and so
 * do those that bypass.
 */
public final class IommufdStreams implements NestedStreams {

    private static final System.Logger LOG = System.getLogger(IommufdStreams.class.getName());
    private static final int BATCH = 256;
    private static final int LAST_IDR = 5;

    /** A device, and the table that it is attached to. */
    private static final class Stream {
        private final BoundDevice device;
        private final Vdevice name;
        private NestedTable own;

        Stream(final BoundDevice device, final Vdevice name) {
            this.device = device;
            this.name = name;
        }
    }

    private final Viommu viommu;
    private final FaultQueue faults;
    private final HardwareInfo hardware;
    private final Map<Integer, Stream> streams = new ConcurrentHashMap<>();
    private final Map<Long, NestedTable> shared = new HashMap<>();
    private final MemorySegment batch = Arena.ofAuto().allocate((long) BATCH * ArmSmmuv3InvalidateLayout.LENGTH, 16);
    private final UnsafeBuffer batchBuffer = new UnsafeBuffer(batch.address(), (int) batch.byteSize());

    /**
     * Makes an empty set.
     *
     * @param viommu the hardware's share of the virtual SMMU.
     * @param faults takes the faults of stalled transactions, or null if nobody asks for them.
     */
    public IommufdStreams(final Viommu viommu, final FaultQueue faults) {
        this(viommu, faults, null);
    }

    /**
     * Makes an empty set of hardware that is known.
     *
     * @param viommu   the hardware's share of the virtual SMMU.
     * @param faults   takes the faults of stalled transactions, or null if nobody asks for them.
     * @param hardware what the SMMU says of itself, or null if that isn't known.
     */
    public IommufdStreams(final Viommu viommu, final FaultQueue faults, final HardwareInfo hardware) {
        this.viommu = viommu;
        this.faults = faults;
        this.hardware = hardware;
    }

    @Override
    public int identification(final int index) {
        final boolean known = hardware != null && hardware.type() == HwInfoLayout.TYPE_ARM_SMMUV3;
        return known && index >= 0 && index <= LAST_IDR ? hardware.registers().get(index).intValue() : UNKNOWN;
    }

    /**
     * Adds a device; its transactions abort until the guest installs an entry for it.
     *
     * @param streamId what the guest calls it.
     * @param device   the device.
     * @throws LinuxException in one sentence; EEXIST if the device or the StreamID is taken. Nothing is left then.
     */
    public synchronized void add(final int streamId, final BoundDevice device) {
        final Vdevice name = viommu.vdevice(device.id(), streamId);
        final Stream stream = new Stream(device, name);
        try {
            device.attach(table(stream, 0, 0).id());
        } catch (final LinuxException refused) {
            name.close();
            throw refused;
        }
        streams.put(streamId, stream);
    }

    /**
     * Takes a device away; its DMA is blocked. The kernel answers what it had asked for.
     *
     * @param streamId what the guest calls it.
     */
    public synchronized void remove(final int streamId) {
        final Stream stream = streams.remove(streamId);
        if (stream != null) {
            release("detach StreamID 0x" + Integer.toHexString(streamId), stream.device::detach);
            closeOwn(stream);
            release("forget StreamID 0x" + Integer.toHexString(streamId), stream.name::close);
        }
    }

    @Override
    public boolean owns(final int streamId) {
        return streams.containsKey(streamId);
    }

    @Override
    public void forEach(final IntConsumer action) {
        streams.keySet().forEach(action::accept);
    }

    @Override
    public synchronized boolean install(final int streamId, final long word0, final long word1) {
        final Stream stream = streams.get(streamId);
        if (stream == null) {
            return false;
        }
        try {
            move(stream, word0, word1);
            return true;
        } catch (final LinuxException refused) {
            LOG.log(System.Logger.Level.WARNING, "The stream table entry of StreamID 0x" + Integer.toHexString(streamId)
                    + " is not taken, its device is cut off: " + refused.getMessage());
        }
        try {
            move(stream, 0, 0);
        } catch (final LinuxException refused) {
            release("detach StreamID 0x" + Integer.toHexString(streamId), stream.device::detach);
            closeOwn(stream);
        }
        return false;
    }

    /** Attaches the new table before the old one goes. */
    private void move(final Stream stream, final long word0, final long word1) {
        final NestedTable old = stream.own;
        stream.own = null;
        try {
            stream.device.attach(table(stream, word0, word1).id());
        } catch (final LinuxException refused) {
            closeOwn(stream);
            stream.own = old;
            throw refused;
        }
        if (old != null) {
            release("destroy " + old, old::close);
        }
    }

    /** The table of an entry: a shared one, or the stream's own. */
    private NestedTable table(final Stream stream, final long word0, final long word1) {
        final long config = word0 & HwptArmSmmuv3Layout.CONFIG_MASK;
        final boolean valid = (word0 & HwptArmSmmuv3Layout.VALID) != 0;
        if (!valid || config < HwptArmSmmuv3Layout.CONFIG_BYPASS) {
            return shared(stream, 0);
        }
        if (config == HwptArmSmmuv3Layout.CONFIG_BYPASS) {
            return shared(stream, HwptArmSmmuv3Layout.VALID | HwptArmSmmuv3Layout.CONFIG_BYPASS);
        }
        stream.own = viommu.nested(stream.device.id(), word0 & HwptArmSmmuv3Layout.WORD0_MASK,
                word1 & HwptArmSmmuv3Layout.WORD1_MASK, faults);
        return stream.own;
    }

    private NestedTable shared(final Stream stream, final long word0) {
        NestedTable table = shared.get(word0);
        if (table == null) {
            table = viommu.nested(stream.device.id(), word0, 0, null);
            shared.put(word0, table);
        }
        return table;
    }

    private static void closeOwn(final Stream stream) {
        if (stream.own != null) {
            release("destroy " + stream.own, stream.own::close);
            stream.own = null;
        }
    }

    /** A device that has vanished refuses its detaching too; the rest must be let go all the same. */
    private static void release(final String what, final Runnable step) {
        try {
            step.run();
        } catch (final LinuxException refused) {
            LOG.log(System.Logger.Level.WARNING, "Can't " + what + ": " + refused.getMessage());
        }
    }

    @Override
    public boolean timedOut() {
        return viommu.refusal() == Errno.ETIMEDOUT;
    }

    @Override
    public int invalidate(final DirectBuffer commands, final int offset, final int count) {
        synchronized (batch) {
            int done = 0;
            while (done < count) {
                final int some = Math.min(BATCH, count - done);
                final int length = some * ArmSmmuv3InvalidateLayout.LENGTH;
                batchBuffer.putBytes(0, commands, offset + done * ArmSmmuv3InvalidateLayout.LENGTH, length);
                final int taken = viommu.invalidate(batch.asSlice(0, length));
                done += taken;
                if (taken < some) {
                    break;
                }
            }
            return done;
        }
    }
}
