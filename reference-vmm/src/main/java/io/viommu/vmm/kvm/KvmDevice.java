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

import io.viommu.bridge.linux.NativeFile;
import io.viommu.vmm.kvm.KvmLayouts.DeviceAttr;

/** A device in the kernel, such as an interrupt controller of arm64, with attributes in groups. */
public final class KvmDevice implements AutoCloseable {

    private static final int VALUE = 64;

    private final NativeFile file;

    KvmDevice(final NativeFile file) {
        this.file = file;
    }

    /**
     * Sets an attribute.
     *
     * @param group     its group.
     * @param attribute its number in the group.
     * @param value     64 bits; an attribute of 32 takes the low ones, and one without a value none.
     */
    public void set(final int group, final long attribute, final long value) {
        final MemorySegment argument = Native.argument();
        argument.set(Native.LONG, VALUE, value);
        argument.set(Native.INT, DeviceAttr.GROUP, group);
        argument.set(Native.LONG, DeviceAttr.ATTR, attribute);
        argument.set(Native.LONG, DeviceAttr.ADDR, argument.address() + VALUE);
        Native.call(file, "KVM_SET_DEVICE_ATTR " + group + "/" + attribute, KvmRequest.SET_DEVICE_ATTR, argument);
    }

    @Override
    public void close() {
        file.close();
    }
}
