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
 * {@code struct vfio_irq_set} of linux/vfio.h: the argument of VFIO_DEVICE_SET_IRQS. The data follows at once; the
 * whole is not padded. Host byte order.
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
 * | start                                                         |  12
 * +---------------------------------------------------------------+
 * | count                                                         |  16
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VfioIrqSetLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 20;

    /** Offset of the size of the argument, four bytes. */
    public static final int ARGSZ = 0;
    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the index, four bytes. */
    public static final int INDEX = 8;
    /** Offset of the first interrupt, four bytes. */
    public static final int START = 12;
    /** Offset of the number of interrupts, four bytes. */
    public static final int COUNT = 16;

    /** Offset of the data: for eventfds four bytes each, -1 to disarm. */
    public static final int DATA = 20;
    /** No data. */
    public static final int FLAG_DATA_NONE = 1;
    /** Data: a byte for each. */
    public static final int FLAG_DATA_BOOL = 2;
    /** Data: an eventfd for each. */
    public static final int FLAG_DATA_EVENTFD = 4;
    /** Mask. */
    public static final int FLAG_ACTION_MASK = 8;
    /** Unmask. */
    public static final int FLAG_ACTION_UNMASK = 1 << 4;
    /** Trigger, or with eventfds: signal them from now on. */
    public static final int FLAG_ACTION_TRIGGER = 1 << 5;

    private VfioIrqSetLayout() {
    }
}
