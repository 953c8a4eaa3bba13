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
 * {@code struct iommufd_vevent_header} of linux/iommufd.h: what stands before each event in a read of a vEVENTQ, since
 * Linux 6.15. How long the event behind it is depends on the type of the queue alone; behind a LOST_EVENTS header there
 * is none. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | flags                                                         |   0
 * +---------------------------------------------------------------+
 * | sequence                                                      |   4
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VeventHeaderLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 8;

    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 0;
    /** Offset of the number of the event, 0 to 0x7fffffff, then 0 again, four bytes. */
    public static final int SEQUENCE = 4;

    /** Events up to this number were lost; no event follows. */
    public static final int FLAG_LOST_EVENTS = 1;
    /** Numbers count modulo 2^31. */
    public static final int SEQUENCE_MASK = 0x7FFF_FFFF;

    private VeventHeaderLayout() {
    }
}
