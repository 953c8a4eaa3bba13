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
package io.viommu.bridge.uapi;

/**
 * {@code struct vfio_irq_info} of linux/vfio.h: the argument of VFIO_DEVICE_GET_IRQ_INFO. Kernels of the 2021 fault
 * series append cap_offset, four bytes. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | argsz                                                         |   0
 * +---------------------------------------------------------------+
 * | flags                                                         |   4
 * +---------------------------------------------------------------+
 * | index                                                         |   8
 * +---------------------------------------------------------------+
 * | count                                                         |  12
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VfioIrqInfoLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 16;

    /** Offset of the size of the argument, four bytes. */
    public static final int ARGSZ = 0;
    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the index, four bytes. */
    public static final int INDEX = 8;
    /** Offset of the number of interrupts of this index, four bytes. */
    public static final int COUNT = 12;
    /** Offset, behind the structure, of the offset of the first capability, valid with its flag, four bytes. */
    public static final int CAP_OFFSET = 16;

    /** It signals eventfds. */
    public static final int FLAG_EVENTFD = 1;
    /** It can be masked. */
    public static final int FLAG_MASKABLE = 2;
    /** It masks itself. */
    public static final int FLAG_AUTOMASKED = 4;
    /** It can not grow while in use. */
    public static final int FLAG_NORESIZE = 8;
    /** There are capabilities. */
    public static final int FLAG_CAPS = 1 << 4;

    private VfioIrqInfoLayout() {
    }
}
