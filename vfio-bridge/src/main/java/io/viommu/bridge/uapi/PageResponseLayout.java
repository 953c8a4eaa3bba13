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
 * {@code struct iommu_hwpt_page_response} of linux/iommufd.h: the answer to a group, written to the fault queue. Any
 * other code gives EINVAL, PCI's "response failure" too. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | cookie                                                        |   0
 * +---------------------------------------------------------------+
 * | code                                                          |   4
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class PageResponseLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 8;

    /** Offset of the cookie of the group, four bytes. */
    public static final int COOKIE = 0;
    /** Offset of the code, four bytes. */
    public static final int CODE = 4;

    /** Code: retry. */
    public static final int SUCCESS = 0;
    /** Code: don't retry. */
    public static final int INVALID = 1;

    private PageResponseLayout() {
    }
}
