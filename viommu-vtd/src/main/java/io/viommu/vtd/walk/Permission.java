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

package io.viommu.vtd.walk;

import io.viommu.vtd.config.DmaRequest;

/** Six permissions as bits: read, write and execute for users and for the privileged. */
public final class Permission {

    /** Users may read. */
    public static final int USER_READ = 1;
    /** Users may write. */
    public static final int USER_WRITE = 2;
    /** Users may execute. */
    public static final int USER_EXECUTE = 4;
    /** All of users'. */
    public static final int USER = USER_READ | USER_WRITE | USER_EXECUTE;
    /** All reads and fetches. */
    public static final int READS = 0b101_101;
    /** All writes. */
    public static final int WRITES = 0b010_010;
    /** All fetches. */
    public static final int EXECUTES = 0b100_100;
    /** Everything. */
    public static final int ALL = 63;
    /** What to shift a permission of users by to get that of the privileged. */
    public static final int PRIVILEGED_SHIFT = 3;

    private Permission() {
    }

    /**
     * The permissions that a request needs.
     *
     * @param request    the request.
     * @param privileged whether it counts as privileged.
     * @return flags of this class; none for a translation request, which only wants to know.
     */
    public static int of(final DmaRequest request, final boolean privileged) {
        int needed = 0;
        if (request.reads()) {
            needed |= request.executes() ? USER_READ | USER_EXECUTE : USER_READ;
        }
        if (request.writes()) {
            needed |= USER_WRITE;
        }
        return privileged ? needed << PRIVILEGED_SHIFT : needed;
    }
}
