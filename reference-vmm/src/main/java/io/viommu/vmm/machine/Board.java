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

package io.viommu.vmm.machine;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The kinds of machine there are. */
public enum Board {
    /** Nothing at all: no memory, no devices. What a client starts that only wants to ask which machines there are. */
    NONE("none", "none", ""),
    /** Arm's paravirtual board: RAM at 1 GiB, GICv3, PCIe with ECAM, SMMUv3. */
    VIRT("virt", "virt-11.1", "aarch64"),
    /** A PC with PCIe: RAM at 0, IOAPIC, configuration ports 0xCF8 and 0xCFC, VT-d. */
    Q35("q35", "pc-q35-11.1", "x86_64");

    private final String alias;
    private final String fullName;
    private final String target;

    Board(final String alias, final String fullName, final String target) {
        this.alias = alias;
        this.fullName = fullName;
        this.target = target;
    }

    /**
     * The name that people use.
     *
     * @return for example {@code q35}.
     */
    public String alias() {
        return alias;
    }

    /**
     * The name with the version whose map it has.
     *
     * @return for example {@code pc-q35-11.1}.
     */
    public String fullName() {
        return fullName;
    }

    /**
     * Whether a program for one CPU architecture has this machine.
     *
     * @param architecture {@code aarch64} or {@code x86_64}, or empty for both.
     * @return true if it has.
     */
    public boolean runsOn(final String architecture) {
        return architecture.isEmpty() || target.isEmpty() || target.equals(architecture);
    }

    /**
     * Finds a machine by either of its names.
     *
     * @param name         what the user wrote.
     * @param architecture {@code aarch64} or {@code x86_64}, or empty for both.
     * @return the board.
     * @throws IllegalArgumentException in one sentence that lists the names there are.
     */
    public static Board find(final String name, final String architecture) {
        final List<Board> known = Arrays.stream(values()).filter(board -> board.runsOn(architecture)).toList();
        return known.stream().filter(board -> board.alias.equals(name) || board.fullName.equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no machine '" + name + "'; there are: "
                        + known.stream().map(Board::alias).collect(Collectors.joining(", "))));
    }
}
