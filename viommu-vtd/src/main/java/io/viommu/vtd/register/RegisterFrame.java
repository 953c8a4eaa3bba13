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

package io.viommu.vtd.register;

import java.util.List;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;

/** The guest's view of the unit: its registers and how much room they take. */
public final class RegisterFrame {

    /** Granularity of the frame: the DMAR table counts it in such pages. */
    private static final int PAGE = 4096;

    private final RegisterFile registers;
    private final int size;

    /**
     * Lays the frame out.
     *
     * @param capabilities what the unit announces.
     * @param likeQemu     whether to leave out the error record of the invalidation queue and to reset PECTL unmasked.
     */
    public RegisterFrame(final VtdCapabilities capabilities, final boolean likeQemu) {
        final List<Register> rows = RegisterTable.of(capabilities, likeQemu);
        final int end = rows.stream().mapToInt(row -> row.offset() + row.width()).max().orElseThrow();
        this.size = (end + PAGE - 1) / PAGE * PAGE;
        this.registers = new RegisterFile(size, rows);
    }

    /**
     * The registers.
     *
     * @return the file, which any thread may use.
     */
    public RegisterFile registers() {
        return registers;
    }

    /**
     * The size of the frame.
     *
     * @return bytes, a multiple of 4096.
     */
    public int size() {
        return size;
    }
}
