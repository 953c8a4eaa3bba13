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

package io.viommu.vmm.kvm;

import java.lang.foreign.MemorySegment;

import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.vmm.kvm.KvmLayouts.OneReg;
import io.viommu.vmm.kvm.KvmLayouts.Run;

/**
 * A vCPU. One thread runs it and looks at its exits; any thread may {@link #leave}. Closed when that thread has ended.
 */
public final class KvmVcpu implements AutoCloseable {

    private static final int VALUE = 64;

    private final int id;
    private final NativeFile file;
    private final FileMapping mapping;
    private final MemorySegment run;

    KvmVcpu(final int id, final NativeFile file, final int runSize) {
        this.id = id;
        this.file = file;
        mapping = FileMapping.ofDevice(file.fd(), 0, runSize, true);
        run = mapping.segment();
    }

    /**
     * Its number.
     *
     * @return what it was made with.
     */
    public int id() {
        return id;
    }

    /**
     * Runs the guest until it needs us. What an exit read must have been answered before.
     *
     * @return 0, with {@link #reason} saying why; or a negative errno, and then the reason is that of an earlier exit:
     *         EINTR if it was made to leave.
     */
    public int enter() {
        return file.ioctlInterruptible(KvmRequest.RUN, MemorySegment.NULL);
    }

    /**
     * Keeps the next {@link #enter} from running the guest; one that runs it needs a signal besides.
     *
     * @param now false to let it run again.
     */
    public void leave(final boolean now) {
        run.set(Native.BYTE, Run.IMMEDIATE_EXIT, (byte) (now ? 1 : 0));
    }

    /**
     * Why the guest stopped.
     *
     * @return a constant of {@link KvmExit}.
     */
    public int reason() {
        return run.get(Native.INT, Run.EXIT_REASON);
    }

    /**
     * More about {@link KvmExit#INTERNAL_ERROR}.
     *
     * @return its number.
     */
    public int suberror() {
        return run.get(Native.INT, Run.INTERNAL_SUBERROR);
    }

    /**
     * What a {@link KvmExit#SYSTEM_EVENT} is.
     *
     * @return KvmExit.EVENT_*.
     */
    public int systemEvent() {
        return run.get(Native.INT, Run.SYSTEM_EVENT_TYPE);
    }

    /**
     * The vector of {@link KvmExit#IOAPIC_EOI}.
     *
     * @return 0 to 255.
     */
    public int endedVector() {
        return run.get(Native.BYTE, Run.EOI_VECTOR) & 0xFF;
    }

    /**
     * The port of {@link KvmExit#IO}.
     *
     * @return 0 to 65535.
     */
    public int port() {
        return run.get(Native.SHORT, Run.IO_PORT) & 0xFFFF;
    }

    /**
     * How wide each access of {@link KvmExit#IO} is.
     *
     * @return 1, 2 or 4 bytes.
     */
    public int portWidth() {
        return run.get(Native.BYTE, Run.IO_SIZE);
    }

    /**
     * How many accesses there are: more than one for a string instruction.
     *
     * @return 1 or more.
     */
    public int portCount() {
        return run.get(Native.INT, Run.IO_COUNT);
    }

    /**
     * Whether {@link KvmExit#IO} writes.
     *
     * @return true for OUT.
     */
    public boolean portWrites() {
        return run.get(Native.BYTE, Run.IO_DIRECTION) != 0;
    }

    /**
     * The value of an access to a port.
     *
     * @param index which, below {@link #portCount}.
     * @return what is written.
     */
    public long portValue(final int index) {
        return load(run.get(Native.LONG, Run.IO_DATA_OFFSET) + (long) index * portWidth(), portWidth());
    }

    /**
     * Answers a read of a port.
     *
     * @param index which, below {@link #portCount}.
     * @param value what it reads.
     */
    public void answerPort(final int index, final long value) {
        store(run.get(Native.LONG, Run.IO_DATA_OFFSET) + (long) index * portWidth(), portWidth(), value);
    }

    /**
     * The address of {@link KvmExit#MMIO}.
     *
     * @return guest physical.
     */
    public long address() {
        return run.get(Native.LONG, Run.MMIO_PHYS_ADDR);
    }

    /**
     * How wide the access of {@link KvmExit#MMIO} is.
     *
     * @return 1 to 8 bytes; not always a power of two.
     */
    public int width() {
        return Math.clamp(run.get(Native.INT, Run.MMIO_LEN), 1, Long.BYTES);
    }

    /**
     * Whether {@link KvmExit#MMIO} writes.
     *
     * @return true for a store.
     */
    public boolean writes() {
        return run.get(Native.BYTE, Run.MMIO_IS_WRITE) != 0;
    }

    /**
     * The value of a store.
     *
     * @return in the low {@link #width} bytes.
     */
    public long value() {
        return load(Run.MMIO_DATA, width());
    }

    /**
     * Answers a load.
     *
     * @param value in the low {@link #width} bytes.
     */
    public void answer(final long value) {
        store(Run.MMIO_DATA, width(), value);
    }

    private long load(final long offset, final int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << Byte.SIZE | run.get(Native.BYTE, offset + i) & 0xFF;
        }
        return value;
    }

    private void store(final long offset, final int width, final long value) {
        for (int i = 0; i < width; i++) {
            run.set(Native.BYTE, offset + i, (byte) (value >>> Byte.SIZE * i));
        }
    }

    /**
     * Reads a register of 64 bits by its number (KVM_GET_ONE_REG).
     *
     * @param register KVM_REG_*.
     * @return its value.
     */
    public long register(final long register) {
        final MemorySegment argument = oneRegister(register);
        call("KVM_GET_ONE_REG", KvmRequest.GET_ONE_REG, argument);
        return argument.get(Native.LONG, VALUE);
    }

    /**
     * Sets a register of 64 bits by its number (KVM_SET_ONE_REG).
     *
     * @param register KVM_REG_*.
     * @param value    the value.
     */
    public void register(final long register, final long value) {
        final MemorySegment argument = oneRegister(register);
        argument.set(Native.LONG, VALUE, value);
        call("KVM_SET_ONE_REG", KvmRequest.SET_ONE_REG, argument);
    }

    private static MemorySegment oneRegister(final long register) {
        final MemorySegment argument = Native.argument();
        argument.set(Native.LONG, OneReg.ID, register);
        argument.set(Native.LONG, OneReg.ADDR, argument.address() + VALUE);
        return argument;
    }

    void init(final MemorySegment target) {
        call("KVM_ARM_VCPU_INIT", KvmRequest.ARM_VCPU_INIT, target);
    }

    void cpuid(final MemorySegment entries) {
        call("KVM_SET_CPUID2", KvmRequest.SET_CPUID2, entries);
    }

    int call(final String name, final long request, final MemorySegment argument) {
        return Native.call(file, name, request, argument);
    }

    @Override
    public void close() {
        mapping.close();
        file.close();
    }
}
