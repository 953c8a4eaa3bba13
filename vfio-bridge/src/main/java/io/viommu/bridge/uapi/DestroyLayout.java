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
 * {@code struct iommu_destroy} of linux/iommufd.h: the argument of IOMMU_DESTROY, known since Linux 6.2. Host byte
 * order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | id                                                            |   4
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class DestroyLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 8;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the id of the object to destroy, four bytes. */
    public static final int ID = 4;

    private DestroyLayout() {
    }
}
