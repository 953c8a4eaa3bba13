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

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.ThreadSignal;
import io.viommu.vmm.kvm.KvmExit;
import io.viommu.vmm.kvm.KvmVcpu;

/** What the thread of a vCPU does: it enters the guest, and when the guest needs us, does what it wants. */
final class VcpuLoop implements Runnable {

    /** Under QEMU's TCG, KVM takes an access after a page fault for one during the fault's delivery; it isn't. */
    private static final int DELIVERY_RETRIES = 3;

    private final KvmVcpu vcpu;
    private final Board board;
    private final MachineEnd end;
    private int deliveryRetries;
    /** The thread's number while it may be signalled, else 0; guarded by this. */
    private int thread;

    VcpuLoop(final KvmVcpu vcpu, final Board board, final MachineEnd end) {
        this.vcpu = vcpu;
        this.board = board;
        this.end = end;
    }

    @Override
    public void run() {
        synchronized (this) {
            thread = ThreadSignal.current();
        }
        try {
            while (!end.reached()) {
                final int left = vcpu.enter();
                if (left == 0) {
                    exit(vcpu.reason());
                } else if (left != -Errno.EINTR && left != -Errno.EAGAIN) {
                    end.reach(Ending.failed(place() + " can't run: KVM_RUN failed: " + Errno.describe(-left)));
                }
            }
        } catch (final RuntimeException | Error broken) {
            end.reach(Ending.failed(place() + " ended by a defect of the VMM: " + broken));
            throw broken;
        } finally {
            synchronized (this) {
                thread = 0;
            }
        }
    }

    private void exit(final int reason) {
        switch (reason) {
            case KvmExit.MMIO -> accessMemory();
            case KvmExit.IO -> accessPorts();
            case KvmExit.IOAPIC_EOI -> board.interruptEnded(vcpu.endedVector());
            case KvmExit.SYSTEM_EVENT -> end.reach(systemEvent());
            case KvmExit.INTR -> {
                // the loop looks whether the end is reached
            }
            case KvmExit.INTERNAL_ERROR -> {
                if (vcpu.suberror() != KvmExit.DELIVERY_EVENT || ++deliveryRetries > DELIVERY_RETRIES) {
                    end.reach(cannotGoOn(reason));
                }
                return;
            }
            default -> end.reach(cannotGoOn(reason));
        }
        deliveryRetries = 0;
    }

    private void accessMemory() {
        if (vcpu.writes()) {
            board.memory().write(vcpu.address(), vcpu.width(), vcpu.value());
        } else {
            vcpu.answer(board.memory().read(vcpu.address(), vcpu.width()));
        }
    }

    private void accessPorts() {
        final int width = vcpu.portWidth();
        for (int i = 0; i < vcpu.portCount(); i++) {
            if (vcpu.portWrites()) {
                board.ports().write(vcpu.port(), width, vcpu.portValue(i));
            } else {
                vcpu.answerPort(i, board.ports().read(vcpu.port(), width));
            }
        }
    }

    private Ending systemEvent() {
        return switch (vcpu.systemEvent()) {
            case KvmExit.EVENT_SHUTDOWN -> Ending.POWERED_OFF;
            case KvmExit.EVENT_RESET -> Ending.RESET;
            case KvmExit.EVENT_CRASH -> Ending.failed("the guest says that it crashed");
            default -> Ending.failed("the guest asked for system event " + vcpu.systemEvent() + ", which is unknown");
        };
    }

    private Ending cannotGoOn(final int reason) {
        return Ending.failed(
                place() + " can't go on: " + KvmExit.text(reason, reason == KvmExit.INTERNAL_ERROR
                        ? vcpu.suberror()
                        : 0));
    }

    private String place() {
        return "vCPU " + vcpu.id() + " at 0x" + Long.toHexString(board.programCounter(vcpu));
    }

    /** Makes the thread leave the guest and look whether the end is reached; by any thread. */
    void kick() {
        vcpu.leave(true);
        synchronized (this) {
            if (thread != 0) {
                ThreadSignal.send(thread);
            }
        }
    }
}
