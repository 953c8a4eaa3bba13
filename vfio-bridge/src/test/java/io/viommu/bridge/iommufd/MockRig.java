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

import static io.viommu.bridge.iommufd.Iommufd.INT;
import static io.viommu.bridge.iommufd.Iommufd.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.IommufdObjects.DestroyLayout;
import io.viommu.bridge.uapi.IommufdRequest;
import io.viommu.bridge.uapi.TestCmdLayout;
import io.viommu.fault.FaultSink;

/** A real kernel's mock devices, made and provoked by IOMMU_TEST_CMD (drivers/iommu/iommufd/selftest.c). */
final class MockRig implements IommufdRig {

    private static final int DEVICE_WITH_PASIDS = 4;

    @Override
    public IommufdKernel kernel() {
        return new MockDriver(IommufdKernel.host());
    }

    @Override
    public Device device(final Ioas ioas) {
        return new MockDevice(ioas);
    }

    private static final class MockDevice implements Device {
        private final Iommufd iommufd;
        private final int ioas;
        private final int mock;
        private final int id;
        private final Set<Integer> pasids = new HashSet<>();

        MockDevice(final Ioas space) {
            iommufd = space.iommufd();
            ioas = space.id();
            try (Arena arena = Arena.ofConfined()) {
                final MemorySegment argument = command(arena, TestCmdLayout.OP_MOCK_DOMAIN_FLAGS, ioas);
                argument.set(INT, TestCmdLayout.IN_DEV_FLAGS, DEVICE_WITH_PASIDS);
                iommufd.call(IommufdRequest.TEST_CMD, argument, " for a mock device");
                mock = argument.get(INT, TestCmdLayout.OUT_STDEV_ID);
                id = argument.get(INT, TestCmdLayout.OUT_IDEV_ID);
            }
        }

        private static MemorySegment command(final Arena arena, final int operation, final int object) {
            final MemorySegment argument = Iommufd.argument(arena, TestCmdLayout.LENGTH);
            argument.set(INT, TestCmdLayout.OP, operation);
            argument.set(INT, TestCmdLayout.ID, object);
            return argument;
        }

        private void test(final int operation, final int object, final int... arguments) {
            try (Arena arena = Arena.ofConfined()) {
                final MemorySegment argument = command(arena, operation, object);
                MemorySegment.copy(arguments, 0, argument, INT, TestCmdLayout.ARGUMENTS, arguments.length);
                iommufd.call(IommufdRequest.TEST_CMD, argument, " operation " + operation);
            }
        }

        @Override
        public int id() {
            return id;
        }

        @Override
        public void attach(final int table) {
            test(TestCmdLayout.OP_MOCK_DOMAIN_REPLACE, mock, table);
        }

        @Override
        public void detach() {
            attach(ioas);
        }

        @Override
        public void attachPasid(final int pasid, final int table) {
            test(pasids.contains(pasid) ? TestCmdLayout.OP_PASID_ATTACH + 1 : TestCmdLayout.OP_PASID_ATTACH, mock,
                    pasid, table);
            pasids.add(pasid);
        }

        @Override
        public void detachPasid(final int pasid) {
            if (pasids.remove(pasid)) {
                test(TestCmdLayout.OP_PASID_ATTACH + 2, mock, pasid);
            }
        }

        @Override
        public void fault(final int pasid, final int group, final int permissions, final long address) {
            try (Arena arena = Arena.ofConfined()) {
                final MemorySegment argument = command(arena, TestCmdLayout.OP_TRIGGER_IOPF, 0);
                argument.set(INT, TestCmdLayout.ARGUMENTS, id);
                argument.set(INT, TestCmdLayout.ARGUMENTS + 4L, pasid == FaultSink.NO_PASID ? 0 : pasid);
                argument.set(INT, TestCmdLayout.ARGUMENTS + 8L, group);
                argument.set(INT, TestCmdLayout.ARGUMENTS + 12L, permissions);
                argument.set(LONG, TestCmdLayout.ARGUMENTS + 16L, address);
                iommufd.call(IommufdRequest.TEST_CMD, argument, " for a page request");
            }
        }

        @Override
        public void event() {
            test(TestCmdLayout.OP_TRIGGER_VEVENT, 0, id);
        }

        @Override
        public void close() {
            try (Arena arena = Arena.ofConfined()) {
                final MemorySegment argument = Iommufd.argument(arena, DestroyLayout.LENGTH);
                argument.set(INT, DestroyLayout.ID, mock);
                iommufd.call(IommufdRequest.DESTROY, argument, " of a mock device");
            } catch (final LinuxException gone) {
                throw new AssertionError("the mock device is still in use", gone);
            }
        }
    }
}
