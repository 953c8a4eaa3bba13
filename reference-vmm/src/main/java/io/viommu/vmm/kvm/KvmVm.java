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

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.vmm.kvm.KvmLayouts.CreateDevice;
import io.viommu.vmm.kvm.KvmLayouts.EnableCap;
import io.viommu.vmm.kvm.KvmLayouts.Ioeventfd;
import io.viommu.vmm.kvm.KvmLayouts.IrqLevel;
import io.viommu.vmm.kvm.KvmLayouts.Irqfd;
import io.viommu.vmm.kvm.KvmLayouts.MemoryRegion;
import io.viommu.vmm.kvm.KvmLayouts.Msi;
import io.viommu.vmm.kvm.KvmLayouts.VcpuInit;

/**
 * A virtual machine. Any thread may call, while vCPUs run; {@link #close} comes last, after its vCPUs and devices.
 */
public final class KvmVm implements AutoCloseable {

    /** Stands for the sender of a message on a machine where messages carry none. */
    public static final int NO_DEVICE = -1;

    private final NativeFile file;
    private final int runSize;
    private final KvmRoutes routes;

    KvmVm(final NativeFile file, final int runSize) {
        this.file = file;
        this.runSize = runSize;
        this.routes = new KvmRoutes(this);
    }

    /**
     * Shows host memory to the guest.
     *
     * @param slot   its number, from 0.
     * @param gpa    guest physical address, page aligned.
     * @param memory native memory that outlives this machine.
     */
    public void addMemory(final int slot, final long gpa, final MemorySegment memory) {
        final MemorySegment region = Native.argument();
        region.set(Native.INT, MemoryRegion.SLOT, slot);
        region.set(Native.LONG, MemoryRegion.GUEST_PHYS_ADDR, gpa);
        region.set(Native.LONG, MemoryRegion.MEMORY_SIZE, memory.byteSize());
        region.set(Native.LONG, MemoryRegion.USERSPACE_ADDR, memory.address());
        call("KVM_SET_USER_MEMORY_REGION", KvmRequest.SET_USER_MEMORY_REGION, region);
    }

    /**
     * Switches a capability on.
     *
     * @param capability which.
     * @param argument   what its documentation says.
     */
    public void enable(final KvmCapability capability, final long argument) {
        final MemorySegment cap = Native.argument();
        cap.set(Native.INT, EnableCap.CAP, capability.number());
        cap.set(Native.LONG, EnableCap.ARGS, argument);
        call("KVM_ENABLE_CAP of " + capability, KvmRequest.ENABLE_CAP, cap);
    }

    /**
     * Sets aside four pages that KVM needs on Intel's CPUs.
     *
     * @param identityMap one page.
     * @param tss         three pages.
     */
    public void reservePages(final long identityMap, final long tss) {
        Native.call(file, "KVM_SET_TSS_ADDR", KvmRequest.SET_TSS_ADDR, tss);
        final MemorySegment address = Native.argument();
        address.set(Native.LONG, 0, identityMap);
        call("KVM_SET_IDENTITY_MAP_ADDR", KvmRequest.SET_IDENTITY_MAP_ADDR, address);
    }

    /**
     * Makes a vCPU.
     *
     * @param id on x86 its APIC id, on arm64 its number.
     * @return the vCPU.
     */
    public KvmVcpu createVcpu(final int id) {
        return new KvmVcpu(id,
                NativeFile.adopt(Native.call(file, "KVM_CREATE_VCPU", KvmRequest.CREATE_VCPU, id)), runSize);
    }

    /**
     * Makes a device in the kernel.
     *
     * @param type KVM_DEV_TYPE_*.
     * @return the device.
     */
    public KvmDevice createDevice(final int type) {
        final MemorySegment device = Native.argument();
        device.set(Native.INT, CreateDevice.TYPE, type);
        call("KVM_CREATE_DEVICE", KvmRequest.CREATE_DEVICE, device);
        return new KvmDevice(NativeFile.adopt(device.get(Native.INT, CreateDevice.FD)));
    }

    /**
     * The target that suits this machine's CPUs.
     *
     * @param features bits of KVM_ARM_VCPU_*.
     * @return for {@link KvmVcpu#init}; valid until the calling thread's next request.
     */
    MemorySegment preferredTarget(final int features) {
        final MemorySegment target = Native.argument();
        call("KVM_ARM_PREFERRED_TARGET", KvmRequest.ARM_PREFERRED_TARGET, target);
        target.set(Native.INT, VcpuInit.FEATURES, target.get(Native.INT, VcpuInit.FEATURES) | features);
        return target;
    }

    /**
     * Has an eventfd raise an interrupt without a way through user space, or no longer.
     *
     * @param event   the eventfd; closed after it was taken back.
     * @param gsi     the route that it takes.
     * @param connect false to take it back.
     */
    public void irqfd(final EventFd event, final int gsi, final boolean connect) {
        final MemorySegment irqfd = Native.argument();
        irqfd.set(Native.INT, Irqfd.FD, event.fd());
        irqfd.set(Native.INT, Irqfd.GSI, gsi);
        irqfd.set(Native.INT, Irqfd.FLAGS, connect ? 0 : Irqfd.FLAG_DEASSIGN);
        call("KVM_IRQFD", KvmRequest.IRQFD, irqfd);
    }

    /**
     * Has a guest's write of any width signal an eventfd without a way through user space, or no longer.
     *
     * @param event   the eventfd.
     * @param address guest physical.
     * @param connect false to take it back.
     * @return whether KVM could; if not, the write is an exit as any other.
     */
    public boolean ioeventfd(final EventFd event, final long address, final boolean connect) {
        final MemorySegment ioeventfd = Native.argument();
        ioeventfd.set(Native.LONG, Ioeventfd.ADDR, address);
        ioeventfd.set(Native.INT, Ioeventfd.FD, event.fd());
        ioeventfd.set(Native.INT, Ioeventfd.FLAGS, connect ? 0 : Ioeventfd.FLAG_DEASSIGN);
        return file.ioctl(KvmRequest.IOEVENTFD, ioeventfd) >= 0;
    }

    /**
     * Sends a message-signalled interrupt.
     *
     * @param address the doorbell; on x86 bits 63 to 40 are bits 31 to 8 of the destination.
     * @param data    the 32 bits written.
     * @param device  the sender's DeviceID, or {@link #NO_DEVICE}.
     * @return false if nothing took it.
     */
    public boolean signalMsi(final long address, final int data, final int device) {
        final MemorySegment msi = Native.argument();
        msi.set(Native.INT, Msi.ADDRESS_LO, (int) address);
        msi.set(Native.INT, Msi.ADDRESS_HI, (int) (address >>> Integer.SIZE));
        msi.set(Native.INT, Msi.DATA, data);
        if (device != NO_DEVICE) {
            msi.set(Native.INT, Msi.FLAGS, Msi.FLAG_DEVID);
            msi.set(Native.INT, Msi.DEVID, device);
        }
        return file.ioctl(KvmRequest.SIGNAL_MSI, msi) >= 0;
    }

    /**
     * Drives an input of an interrupt controller in the kernel.
     *
     * @param irq   as KVM_IRQ_LINE numbers it.
     * @param level true to assert.
     */
    public void irqLine(final int irq, final boolean level) {
        final MemorySegment line = Native.argument();
        line.set(Native.INT, IrqLevel.IRQ, irq);
        line.set(Native.INT, IrqLevel.LEVEL, level ? 1 : 0);
        file.ioctl(KvmRequest.IRQ_LINE, line);
    }

    /**
     * Where interrupts go that eventfds raise.
     *
     * @return the table of this machine.
     */
    public KvmRoutes routes() {
        return routes;
    }

    int call(final String name, final long request, final MemorySegment argument) {
        return Native.call(file, name, request, argument);
    }

    @Override
    public void close() {
        file.close();
    }
}
