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
package io.viommu.smmu.walk;

/** Six permissions as bits: read, write and execute for users and for the privileged. */
public final class Permission {

    /** Users may read. */
    public static final int USER_READ = 1;
    /** Users may write. */
    public static final int USER_WRITE = 2;
    /** Users may execute. */
    public static final int USER_EXECUTE = 4;
    /** The privileged may read. */
    public static final int PRIVILEGED_READ = 8;
    /** The privileged may write. */
    public static final int PRIVILEGED_WRITE = 16;
    /** The privileged may execute. */
    public static final int PRIVILEGED_EXECUTE = 32;
    /** All of users'. */
    public static final int USER = USER_READ | USER_WRITE | USER_EXECUTE;
    /** Every write. */
    public static final int WRITES = USER_WRITE | PRIVILEGED_WRITE;
    /** Everything. */
    public static final int ALL = 63;

    private static final int PRIVILEGED_SHIFT = 3;

    private Permission() {
    }

    /**
     * The permission that an access needs.
     *
     * @param privileged  by whom.
     * @param write       whether it writes; then it is of data.
     * @param instruction whether it fetches an instruction.
     * @return one bit.
     */
    public static int of(final boolean privileged, final boolean write, final boolean instruction) {
        final int bit = write ? USER_WRITE : instruction ? USER_EXECUTE : USER_READ;
        return privileged ? bit << PRIVILEGED_SHIFT : bit;
    }
}
