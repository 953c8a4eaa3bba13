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

package io.viommu.bridge.vfiouser;

/**
 * Request and reply of VERSION, after the head.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * | major version                 | minor version                 |   0
 * +-------------------------------+-------------------------------+
 * | capabilities: JSON text, ends with a NUL                      |   4
 * +---------------------------------------------------------------+
 * </pre>
 */
final class VersionLayout {

    /** Offset of the major version, two bytes. */
    static final int MAJOR = 0;
    /** Offset of the minor version, two bytes. */
    static final int MINOR = 2;
    /** Offset of the capabilities. */
    static final int CAPABILITIES = 4;

    private VersionLayout() {
    }
}
