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

/**
 * Numbers of linux/kvm.h: requests, capabilities, exits. Requests that carry a pointer have the size of their structure
 * in bits 29 to 16.
 */
final class KvmRequest {

    /** The interface's version since Linux 2.6.22. */
    static final int API_VERSION = 12;

    // of /dev/kvm
    static final long GET_API_VERSION = 0xAE00;
    static final long CREATE_VM = 0xAE01;
    static final long CHECK_EXTENSION = 0xAE03;
    static final long GET_VCPU_MMAP_SIZE = 0xAE04;
    static final long GET_SUPPORTED_CPUID = 0xC008_AE05L;

    // of a VM
    static final long CREATE_VCPU = 0xAE41;
    static final long SET_USER_MEMORY_REGION = 0x4020_AE46L;
    static final long SET_TSS_ADDR = 0xAE47;
    static final long SET_IDENTITY_MAP_ADDR = 0x4008_AE48L;
    static final long IRQ_LINE = 0x4008_AE61L;
    static final long SET_GSI_ROUTING = 0x4008_AE6AL;
    static final long IRQFD = 0x4020_AE76L;
    static final long IOEVENTFD = 0x4040_AE79L;
    static final long ENABLE_CAP = 0x4068_AEA3L;
    static final long SIGNAL_MSI = 0x4020_AEA5L;
    static final long ARM_PREFERRED_TARGET = 0x8020_AEAFL;
    static final long CREATE_DEVICE = 0xC00C_AEE0L;

    // of a vCPU
    static final long RUN = 0xAE80;
    static final long GET_REGS = 0x8090_AE81L;
    static final long SET_REGS = 0x4090_AE82L;
    static final long GET_SREGS = 0x8138_AE83L;
    static final long SET_SREGS = 0x4138_AE84L;
    static final long SET_CPUID2 = 0x4008_AE90L;
    static final long GET_ONE_REG = 0x4010_AEABL;
    static final long SET_ONE_REG = 0x4010_AEACL;
    static final long ARM_VCPU_INIT = 0x4020_AEAEL;

    // of a device that KVM_CREATE_DEVICE made
    static final long SET_DEVICE_ATTR = 0x4018_AEE1L;

    private KvmRequest() {
    }
}
