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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.IommufdObjects.DestroyLayout;
import io.viommu.bridge.uapi.IommufdQueues.FaultAllocLayout;
import io.viommu.bridge.uapi.IommufdObjects.HwInfoLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptAllocLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptInvalidateLayout;
import io.viommu.bridge.uapi.IommufdObjects.IoasAllocLayout;
import io.viommu.bridge.uapi.IommufdObjects.IoasMapLayout;
import io.viommu.bridge.uapi.IommufdObjects.IoasUnmapLayout;
import io.viommu.bridge.uapi.IommufdRequest;
import io.viommu.bridge.uapi.IommufdQueues.PgfaultLayout;
import io.viommu.bridge.uapi.IommufdObjects.VdeviceAllocLayout;
import io.viommu.bridge.uapi.IommufdQueues.VeventqAllocLayout;
import io.viommu.bridge.uapi.IommufdObjects.ViommuAllocLayout;
import io.viommu.fault.FaultSink;

/**
 * A kernel with iommufd and an SMMUv3 behind it, in memory: object ids, who keeps whom in use, errno by errno what the
 * uapi says. Faults are raised by {@link #pageRequest} and {@link #event}, as a device's would be.
 */
public final class FakeIommufd implements IommufdKernel {

    private static final int E2BIG = 7;
    private static final int EIO = 5;
    private static final int EOPNOTSUPP = 95;
    private static final long STALL = 1L << 31;
    private static final long S2 = 1L << 39;
    private static final Set<Integer> FORWARDED = Set.of(0x04, 0x06, 0x08, 0x0A, 0x10, 0x11, 0x12, 0x13);
    /** V, Config, S1Fmt, S1ContextPtr, S1CDMax. */
    private static final long STE_0 = 1 | 0xEL | 0x30L | 0xF_FFFF_FFFF_FFC0L | 0x1FL << 59;
    /** S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS. */
    private static final long STE_1 = 0xFFL | 1L << 27 | 3L << 28;
    private static final Set<Integer> COMMANDS = Set.of(0x30, 0x10, 0x11, 0x12, 0x13, 0x40, 0x05, 0x06);

    /** What an object is. */
    private enum Kind {
        DEVICE, IOAS, PARENT, NESTED, VIOMMU, VDEVICE, FAULT_QUEUE, VEVENTQ
    }

    /** Any object; what keeps it in use is counted. */
    private static final class Item {
        final Kind kind;
        final List<Item> bases;
        final FakeFile file;
        long name;
        int users;
        boolean pasids;
        boolean translates;

        Item(final Kind kind, final FakeFile file, final Item... bases) {
            this.kind = kind;
            this.file = file;
            this.bases = List.of(bases);
            this.bases.forEach(base -> base.users++);
        }

        Item base(final Kind wanted) {
            return bases.stream().filter(base -> base.kind == wanted).findFirst().orElse(null);
        }
    }

    /** Bytes of the oldest and of the newest structure. */
    private record Sizes(int least, int most) {
    }

    /** Commands that reached the hardware, the first word of each. */
    public final List<Long> commands = new ArrayList<>();
    private final TreeMap<Integer, Item> items = new TreeMap<>();
    private final Map<Integer, FakeFile> files = new HashMap<>();
    /** By device and PASID, -1 for the device itself. */
    private final Map<Long, Item> attached = new HashMap<>();
    private final FakeMappings mappings = new FakeMappings();
    private int attachError;
    private final Map<Long, List<FakeFaultQueue.Request>> partial = new HashMap<>();
    private final Set<IommufdRequest> unknown = EnumSet.noneOf(IommufdRequest.class);
    private final Map<IommufdRequest, Sizes> sizes = new EnumMap<>(IommufdRequest.class);
    private final FakeHardware hardware = new FakeHardware();
    private boolean present = true;
    private int lastId;

    /** Makes a kernel of today. */
    public FakeIommufd() {
        sizes.put(IommufdRequest.DESTROY, new Sizes(8, 8));
        sizes.put(IommufdRequest.IOAS_ALLOC, new Sizes(12, 12));
        sizes.put(IommufdRequest.IOAS_MAP, new Sizes(40, 40));
        sizes.put(IommufdRequest.IOAS_UNMAP, new Sizes(24, 24));
        sizes.put(IommufdRequest.GET_HW_INFO, new Sizes(32, 40));
        sizes.put(IommufdRequest.HWPT_ALLOC, new Sizes(40, 48));
        sizes.put(IommufdRequest.HWPT_INVALIDATE, new Sizes(32, 32));
        sizes.put(IommufdRequest.FAULT_QUEUE_ALLOC, new Sizes(16, 16));
        sizes.put(IommufdRequest.VIOMMU_ALLOC, new Sizes(24, 40));
        sizes.put(IommufdRequest.VDEVICE_ALLOC, new Sizes(24, 24));
        sizes.put(IommufdRequest.VEVENTQ_ALLOC, new Sizes(32, 32));
    }

    /** Takes /dev/iommu away. */
    public void absent() {
        present = false;
    }

    /** Makes the kernel too old for some requests. */
    public void unknown(final IommufdRequest... requests) {
        unknown.addAll(Arrays.asList(requests));
    }

    /** Makes the kernel so old that it knows only a shorter structure. */
    public void shorter(final IommufdRequest request, final int length) {
        sizes.put(request, new Sizes(Math.min(length, sizes.get(request).least()), length));
    }

    /** The IOMMU that all devices are behind. */
    public FakeHardware hardware() {
        return hardware;
    }

    /** Binds a device, as VFIO does. */
    public synchronized int device() {
        return add(new Item(Kind.DEVICE, null));
    }

    /** Unbinds a device, as closing its VFIO file does; its names in vIOMMUs go with it. */
    public synchronized void unbind(final int device) {
        attached.keySet().stream().filter(key -> (int) (key >> Integer.SIZE) == device).map(Long::intValue).toList()
                .forEach(pasid -> detach(device, pasid));
        final Item gone = items.remove(device);
        final List<Map.Entry<Integer, Item>> names = items.entrySet().stream()
                .filter(entry -> entry.getValue().kind == Kind.VDEVICE && entry.getValue().bases.contains(gone))
                .toList();
        names.forEach(entry -> {
            items.remove(entry.getKey());
            entry.getValue().bases.forEach(base -> base.users--);
        });
    }

    /** Objects that exist, devices included. */
    public synchronized int objects() {
        return items.size();
    }

    /** Ranges that are mapped. */
    public FakeMappings mappings() {
        return mappings;
    }

    /** Lets the next attachment fail. */
    public void refuseAttach(final int errno) {
        attachError = errno;
    }

    /** Attaches a device to a table, as VFIO does; what it had before is replaced. */
    public synchronized void attach(final int device, final int table) {
        assertThat(attach(device, FaultSink.NO_PASID, table)).isZero();
    }

    /** Attaches a device, or a PASID of it; 0 or an error. */
    public synchronized int attach(final int device, final int pasid, final int table) {
        final Item to = items.get(table);
        final Item whole = attached.get(key(device, FaultSink.NO_PASID));
        final int error = attachError;
        attachError = 0;
        if (error != 0) {
            return -error;
        }
        if (to == null) {
            return -Errno.ENOENT;
        }
        if (pasid != FaultSink.NO_PASID && (whole == null || !whole.pasids || !to.pasids)) {
            return -Errno.EINVAL;
        }
        if (to.translates && named(device) == null) {
            return -Errno.ENOENT;
        }
        detach(device, pasid);
        to.users++;
        attached.put(key(device, pasid), to);
        return 0;
    }

    /** Detaches a device; its unanswered requests are answered. */
    public synchronized void detach(final int device) {
        detach(device, FaultSink.NO_PASID);
    }

    public synchronized void detach(final int device, final int pasid) {
        final Item from = attached.remove(key(device, pasid));
        if (from != null) {
            from.users--;
            final Item queue = from.base(Kind.FAULT_QUEUE);
            if (queue != null) {
                ((FakeFaultQueue) queue.file).detach(device, pasid);
            }
        }
    }

    /** Id of the table that a device or a PASID is attached to, 0 if none. */
    public synchronized int table(final int device, final int pasid) {
        final Item to = attached.get(key(device, pasid));
        return items.entrySet().stream().filter(entry -> entry.getValue() == to).map(Map.Entry::getKey).findFirst()
                .orElse(0);
    }

    private static long key(final int device, final int pasid) {
        return (long) device << Integer.SIZE | pasid & 0xFFFF_FFFFL;
    }

    private Item named(final int device) {
        return items.values().stream()
                .filter(item -> item.kind == Kind.VDEVICE && item.bases.contains(items.get(device))).findFirst()
                .orElse(null);
    }

    /** A device asks for a page; the group goes to the queue with its last request. */
    public synchronized void pageRequest(final int device, final int flags, final int pasid, final int group,
            final int permissions, final long address) {
        final List<FakeFaultQueue.Request> requests = partial.computeIfAbsent((long) device << 32 | group,
                key -> new ArrayList<>());
        requests.add(new FakeFaultQueue.Request(device, flags, pasid, group, permissions, address));
        if ((flags & PgfaultLayout.FLAG_LAST_PAGE) == 0) {
            return;
        }
        partial.remove((long) device << 32 | group);
        final Item own = (flags & PgfaultLayout.FLAG_PASID_VALID) == 0 ? null : attached.get(key(device, pasid));
        final Item table = own != null ? own : attached.get(key(device, FaultSink.NO_PASID));
        final Item queue = table == null ? null : table.base(Kind.FAULT_QUEUE);
        if (queue != null) {
            ((FakeFaultQueue) queue.file).add(own != null ? pasid : FaultSink.NO_PASID, requests);
        }
    }

    /** The SMMU records an event of a device; the driver forwards it as it does. */
    public synchronized void event(final int device, final long word0, final long word1, final long word2,
            final long word3) {
        if ((word1 & STALL) != 0) {
            final boolean read = (word1 & 1L << 35) != 0;
            final int permissions = (read ? PgfaultLayout.PERM_READ : PgfaultLayout.PERM_WRITE)
                    | ((word1 & 1L << 34) != 0 ? PgfaultLayout.PERM_EXEC : 0)
                    | ((word1 & 1L << 33) != 0 ? PgfaultLayout.PERM_PRIV : 0);
            final boolean substream = (word0 & 1L << 11) != 0;
            pageRequest(device, PgfaultLayout.FLAG_LAST_PAGE | (substream ? PgfaultLayout.FLAG_PASID_VALID : 0),
                    substream ? (int) (word0 >>> 12) & 0xF_FFFF : 0, (int) word1 & 0xFFFF, permissions, word2);
            return;
        }
        final Item named = named(device);
        if (!FORWARDED.contains((int) word0 & 0xFF) || (word1 & S2) != 0 || named == null) {
            return;
        }
        items.values().stream()
                .filter(item -> item.kind == Kind.VEVENTQ && item.bases.contains(named.base(Kind.VIOMMU)))
                .forEach(item -> ((FakeVeventQueue) item.file).report(word0 & 0xFFFF_FFFFL | named.name << 32, word1,
                        word2, word3));
    }

    @Override
    public synchronized KernelFile open(final String path) {
        if (!present || !path.equals(Iommufd.PATH)) {
            throw new LinuxException("open " + path, Errno.ENOENT);
        }
        return new FakeFile() {
            @Override
            public int ioctl(final int request, final MemorySegment argument) {
                return request(request, argument);
            }
        };
    }

    @Override
    public synchronized KernelFile adopt(final int fd) {
        return files.get(fd);
    }

    private synchronized int request(final int number, final MemorySegment argument) {
        final IommufdRequest request = Arrays.stream(IommufdRequest.values()).filter(r -> r.number() == number)
                .findFirst().orElse(null);
        if (request == null || unknown.contains(request) || !sizes.containsKey(request)) {
            return -Errno.ENOTTY;
        }
        final int size = argument.get(ValueLayout.JAVA_INT, 0);
        final Sizes known = sizes.get(request);
        if (size < known.least()) {
            return -Errno.EINVAL;
        }
        for (int i = known.most(); i < size; i++) {
            if (argument.get(ValueLayout.JAVA_BYTE, i) != 0) {
                return -E2BIG;
            }
        }
        return switch (request) {
            case DESTROY -> destroy(argument);
            case IOAS_ALLOC -> out(argument, IoasAllocLayout.OUT_IOAS_ID, new Item(Kind.IOAS, null));
            case IOAS_MAP -> find(argument, IoasMapLayout.IOAS_ID, Kind.IOAS) == null
                    ? -Errno.ENOENT
                    : mappings.map(argument);
            case IOAS_UNMAP -> find(argument, IoasUnmapLayout.IOAS_ID, Kind.IOAS) == null
                    ? -Errno.ENOENT
                    : mappings.unmap(argument);
            case GET_HW_INFO -> find(argument, HwInfoLayout.DEV_ID, Kind.DEVICE) == null
                    ? -Errno.ENOENT
                    : hardware.describe(argument);
            case HWPT_ALLOC -> table(argument, Math.min(size, known.most()));
            case HWPT_INVALIDATE -> invalidate(argument);
            case FAULT_QUEUE_ALLOC -> queue(argument, FaultAllocLayout.OUT_FAULT_ID, FaultAllocLayout.OUT_FAULT_FD,
                    new Item(Kind.FAULT_QUEUE, new FakeFaultQueue()));
            case VIOMMU_ALLOC -> viommu(argument);
            case VDEVICE_ALLOC -> vdevice(argument);
            case VEVENTQ_ALLOC -> veventq(argument);
            default -> -Errno.ENOTTY;
        };
    }

    private int add(final Item item) {
        items.put(++lastId, item);
        return lastId;
    }

    private int out(final MemorySegment argument, final int at, final Item item) {
        argument.set(ValueLayout.JAVA_INT, at, add(item));
        return 0;
    }

    private int queue(final MemorySegment argument, final int idAt, final int fdAt, final Item item) {
        files.put(item.file.number(), item.file);
        argument.set(ValueLayout.JAVA_INT, fdAt, item.file.number());
        return out(argument, idAt, item);
    }

    private Item find(final MemorySegment argument, final int at, final Kind kind) {
        final Item item = items.get(argument.get(ValueLayout.JAVA_INT, at));
        return item != null && item.kind == kind ? item : null;
    }

    private int destroy(final MemorySegment argument) {
        final int id = argument.get(ValueLayout.JAVA_INT, DestroyLayout.ID);
        final Item item = items.get(id);
        if (item == null) {
            return -Errno.ENOENT;
        }
        if (item.users > 0 || item.kind == Kind.DEVICE || item.file != null && item.file.isOpen()) {
            return -Errno.EBUSY;
        }
        items.remove(id);
        if (item.kind == Kind.IOAS) {
            mappings.drop(id);
        }
        item.bases.forEach(base -> base.users--);
        return 0;
    }

    private int table(final MemorySegment argument, final int size) {
        final int flags = argument.get(ValueLayout.JAVA_INT, HwptAllocLayout.FLAGS);
        final Item device = find(argument, HwptAllocLayout.DEV_ID, Kind.DEVICE);
        final Item base = items.get(argument.get(ValueLayout.JAVA_INT, HwptAllocLayout.PT_ID));
        final int type = argument.get(ValueLayout.JAVA_INT, HwptAllocLayout.DATA_TYPE);
        final int length = argument.get(ValueLayout.JAVA_INT, HwptAllocLayout.DATA_LEN);
        if (type == HwptAllocLayout.DATA_NONE != (length == 0)) {
            return -Errno.EINVAL;
        }
        if (device == null || base == null) {
            return -Errno.ENOENT;
        }
        if (base.kind == Kind.IOAS) {
            return flags != HwptAllocLayout.FLAG_NEST_PARENT || type != HwptAllocLayout.DATA_NONE
                    ? -EOPNOTSUPP
                    : out(argument, HwptAllocLayout.OUT_HWPT_ID, new Item(Kind.PARENT, null, base));
        }
        if (base.kind != Kind.VIOMMU && base.kind != Kind.PARENT) {
            return -Errno.EINVAL;
        }
        boolean translates = false;
        if (type == HwptAllocLayout.DATA_ARM_SMMUV3) {
            final MemorySegment ste = data(argument.get(ValueLayout.JAVA_LONG, HwptAllocLayout.DATA_UPTR), length);
            final long word0 = ste.get(ValueLayout.JAVA_LONG, 0);
            final long word1 = ste.get(ValueLayout.JAVA_LONG, 8);
            final int config = (int) (word0 >>> 1) & 7;
            if ((word0 & ~STE_0) != 0 || (word1 & ~STE_1) != 0 || config != 0 && config != 4 && config != 5) {
                return -EIO;
            }
            translates = (word0 & 1) != 0 && config == 5;
        }
        final boolean asks = (flags & HwptAllocLayout.FLAG_FAULT_ID_VALID) != 0;
        final Item queue = !asks || size <= HwptAllocLayout.FAULT_ID
                ? null
                : find(argument, HwptAllocLayout.FAULT_ID, Kind.FAULT_QUEUE);
        if (asks && queue == null) {
            return -Errno.ENOENT;
        }
        if (base.kind == Kind.VIOMMU && (flags & HwptAllocLayout.FLAG_PASID) != 0) {
            return -EOPNOTSUPP;
        }
        final Item made = asks ? new Item(Kind.NESTED, null, base, queue) : new Item(Kind.NESTED, null, base);
        made.translates = translates;
        made.pasids = (flags & HwptAllocLayout.FLAG_PASID) != 0;
        return out(argument, HwptAllocLayout.OUT_HWPT_ID, made);
    }

    private int viommu(final MemorySegment argument) {
        final Item parent = find(argument, ViommuAllocLayout.HWPT_ID, Kind.PARENT);
        if (parent == null || find(argument, ViommuAllocLayout.DEV_ID, Kind.DEVICE) == null) {
            return -Errno.ENOENT;
        }
        return argument.get(ValueLayout.JAVA_INT, ViommuAllocLayout.TYPE) == ViommuAllocLayout.TYPE_ARM_SMMUV3
                ? out(argument, ViommuAllocLayout.OUT_VIOMMU_ID, new Item(Kind.VIOMMU, null, parent))
                : -EOPNOTSUPP;
    }

    private int vdevice(final MemorySegment argument) {
        final Item viommu = find(argument, VdeviceAllocLayout.VIOMMU_ID, Kind.VIOMMU);
        final Item device = find(argument, VdeviceAllocLayout.DEV_ID, Kind.DEVICE);
        if (viommu == null || device == null) {
            return -Errno.ENOENT;
        }
        final long name = argument.get(ValueLayout.JAVA_LONG, VdeviceAllocLayout.VIRT_ID);
        if (items.values().stream().anyMatch(item -> item.kind == Kind.VDEVICE
                && (item.bases.contains(device) || item.bases.contains(viommu) && item.name == name))) {
            return -Errno.EEXIST;
        }
        final Item made = new Item(Kind.VDEVICE, null, viommu, device);
        made.name = name;
        return out(argument, VdeviceAllocLayout.OUT_VDEVICE_ID, made);
    }

    private int veventq(final MemorySegment argument) {
        final Item viommu = find(argument, VeventqAllocLayout.VIOMMU_ID, Kind.VIOMMU);
        final int depth = argument.get(ValueLayout.JAVA_INT, VeventqAllocLayout.VEVENTQ_DEPTH);
        if (depth < 1 || depth > VeventqAllocLayout.MAX_DEPTH) {
            return -Errno.EINVAL;
        }
        if (viommu == null) {
            return -Errno.ENOENT;
        }
        if (items.values().stream().anyMatch(item -> item.kind == Kind.VEVENTQ && item.bases.contains(viommu))) {
            return -Errno.EEXIST;
        }
        return queue(argument, VeventqAllocLayout.OUT_VEVENTQ_ID, VeventqAllocLayout.OUT_VEVENTQ_FD,
                new Item(Kind.VEVENTQ, new FakeVeventQueue(depth), viommu));
    }

    private int invalidate(final MemorySegment argument) {
        final Item table = find(argument, HwptInvalidateLayout.HWPT_ID, Kind.NESTED);
        if (table != null && table.base(Kind.PARENT) != null) {
            return hardware.invalidateVtd(argument);
        }
        final Item viommu = find(argument, HwptInvalidateLayout.HWPT_ID, Kind.VIOMMU);
        if (viommu == null) {
            return -Errno.ENOENT;
        }
        final int length = argument.get(ValueLayout.JAVA_INT, HwptInvalidateLayout.ENTRY_LEN);
        final int count = argument.get(ValueLayout.JAVA_INT, HwptInvalidateLayout.ENTRY_NUM);
        final MemorySegment entries = data(argument.get(ValueLayout.JAVA_LONG, HwptInvalidateLayout.DATA_UPTR),
                (long) length * count);
        for (int i = 0; i < count; i++) {
            final long word0 = entries.get(ValueLayout.JAVA_LONG, (long) i * length);
            if (!COMMANDS.contains((int) word0 & 0xFF)) {
                argument.set(ValueLayout.JAVA_INT, HwptInvalidateLayout.ENTRY_NUM, i);
                return -EIO;
            }
            commands.add(word0);
        }
        return 0;
    }

    @SuppressWarnings("restricted") // the fake reads the caller's memory by address, as the kernel does
    static MemorySegment data(final long address, final long length) {
        return MemorySegment.ofAddress(address).reinterpret(length);
    }

    /** The queue behind a handle. */
    FakeFaultQueue queue(final FaultQueue queue) {
        return (FakeFaultQueue) queue.file();
    }

    /** The queue behind a handle. */
    FakeVeventQueue queue(final VeventQueue queue) {
        return (FakeVeventQueue) queue.file();
    }
}
