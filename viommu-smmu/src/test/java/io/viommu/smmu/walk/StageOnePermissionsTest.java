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

import static io.viommu.smmu.walk.WalkFixture.F_PERMISSION;
import static io.viommu.smmu.walk.WalkFixture.PAGE;
import static io.viommu.smmu.walk.WalkFixture.S1_L1;
import static io.viommu.smmu.walk.WalkFixture.S1_L2;
import static io.viommu.smmu.walk.WalkFixture.S1_L3;
import static io.viommu.smmu.walk.WalkFixture.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.smmu.config.StreamConfiguration;

/** AP, APTable, HAD, UXN, PXN, WXN, PAN of stage 1; Arm ARM D8.4, IHI 0070 5.4. Letters: user rwx, privileged RWX. */
class StageOnePermissionsTest {

    private static final long LEAF = 3 | 1 << 10;
    private static final long UXN = 1L << 54;
    private static final long PXN = 1L << 53;

    private final WalkFixture fix = WalkFixture.stage1();

    /** What a leaf allows, checked access by access. */
    private String allowed(final long attributes) {
        fix.memory.put(S1_L3, PAGE | LEAF | attributes);
        final StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < 6; bit++) {
            final int result = fix.translate(0, 1 << bit);
            assertThat(result).isIn(0, F_PERMISSION);
            if (result == 0) {
                text.append("rwxRWX".charAt(bit));
                assertThat(fix.walk().permissions() & 1 << bit).isNotZero();
            }
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource({ "0, xRWX", "1, rwxRW", "2, xRX", "3, rxRX" })
    void accessPermissionBitsAreThoseOfTheArchitecture(final int ap, final String expected) {
        assertThat(allowed((long) ap << 6)).isEqualTo(expected);
    }

    @Test
    void whatUsersWriteThePrivilegedDontExecute() {
        assertThat(allowed(1L << 6)).doesNotContain("X");
    }

    @Test
    void executeNeverBitsAreOfUsersAndOfThePrivileged() {
        assertThat(allowed(3L << 6 | UXN)).isEqualTo("rRX");
        assertThat(allowed(3L << 6 | PXN)).isEqualTo("rxR");
    }

    @Test
    void writableIsNotExecutableWithWxn() {
        fix.cd.set(36, 1, 1);
        assertThat(allowed(0)).isEqualTo("xRW");
        assertThat(allowed(1L << 6)).isEqualTo("rwRW");
        assertThat(allowed(3L << 6)).isEqualTo("rxRX");
    }

    @Test
    void thePrivilegedMayNotTouchUserDataWithPan() {
        fix.cd.set(40, 1, 1);
        assertThat(allowed(1L << 6)).isEqualTo("rwx");
        assertThat(allowed(3L << 6)).isEqualTo("rxX");
        assertThat(allowed(0)).isEqualTo("xRWX");
    }

    @Test
    void apTableTakesRightsAwayBelow() {
        fix.memory.put(S1_L2, S1_L3 | TABLE | 1L << 61);
        assertThat(allowed(1L << 6)).isEqualTo("xRWX");
        fix.memory.put(S1_L2, S1_L3 | TABLE | 1L << 62);
        assertThat(allowed(1L << 6)).isEqualTo("rxRX");
        fix.memory.put(S1_L1, S1_L2 | TABLE | 1L << 61);
        assertThat(allowed(1L << 6)).isEqualTo("xRX");
    }

    @Test
    void executeNeverOfTablesAppliesBelow() {
        fix.memory.put(S1_L1, S1_L2 | TABLE | 1L << 60);
        fix.memory.put(S1_L2, S1_L3 | TABLE | 1L << 59);
        assertThat(allowed(3L << 6)).isEqualTo("rR");
    }

    @Test
    void hierarchyIsIgnoredWithHad() {
        fix.cd.set(64 + 1, 1, 1);
        fix.memory.put(S1_L2, S1_L3 | TABLE | 0xFL << 59);
        assertThat(allowed(1L << 6)).isEqualTo("rwxRW");
        fix.capabilities.idr3(2, 1, 0);
        assertThat(allowed(1L << 6)).isEqualTo("R");
    }

    @Test
    void worldOfEl2HasOneSetOfRights() {
        fix.ste.set(94, 2, 2);
        assertThat(allowed(0)).isEqualTo("rwxRWX");
        assertThat(allowed(1L << 7)).isEqualTo("rxRX");
        assertThat(allowed(UXN)).isEqualTo("rwRW");
        assertThat(allowed(PXN)).isEqualTo("rwxRWX");
        fix.cd.set(36, 1, 1).set(40, 1, 1);
        assertThat(allowed(0)).isEqualTo("rwRW");
    }

    @Test
    void worldOfEl2WithE2hHasUsers() {
        fix.ste.set(94, 2, 2);
        fix.e2h = true;
        assertThat(allowed(0)).isEqualTo("xRWX");
        assertThat(fix.stream.world()).isEqualTo(StreamConfiguration.WORLD_EL2_E2H);
        assertThat(fix.stream.asid()).isEqualTo(1);
    }
}
