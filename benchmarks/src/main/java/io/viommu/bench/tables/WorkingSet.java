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

package io.viommu.bench.tables;

/**
 * A working set by name: devices, "x", and pages of each.
 *
 * @param devices how many devices.
 * @param pages   pages of each.
 */
public record WorkingSet(int devices, int pages) {

    /**
     * Reads a name.
     *
     * @param name such as {@code 64x16}.
     * @return what it says.
     */
    public static WorkingSet of(final String name) {
        final int cross = name.indexOf('x');
        return new WorkingSet(Integer.parseInt(name.substring(0, cross)), Integer.parseInt(name.substring(cross + 1)));
    }

    /**
     * The accesses.
     *
     * @return each page of each device.
     */
    public Accesses accesses() {
        return new Accesses(devices, pages);
    }
}
