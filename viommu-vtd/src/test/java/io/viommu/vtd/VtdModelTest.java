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

package io.viommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;

/** Properties and what they make of CAP and ECAP. */
class VtdModelTest {

    private static TestGuest guest(final String options) {
        final Map<String, String> properties = new HashMap<>();
        for (final String option : options.isEmpty() ? new String[0] : options.split(" ")) {
            properties.put(option.split("=")[0], option.split("=")[1]);
        }
        return new TestGuest(properties);
    }

    /** CAP and ECAP of QEMU 11.1.3, as a guest reads them there. */
    @ParameterizedTest
    @CsvSource({ "'',80d2008c222f0606,0000000000f00f4a", "eim=on,80d2008c222f0606,0000000000f00f5a",
        "device-iotlb=on,80d2008c222f0606,0000000000f00f4e", "caching-mode=on,80d2008c222f0686,0000000000f00f4a",
        "snoop-control=on,80d2008c222f0606,0000000000f00fca",
        "scalable-mode=on,80d2008c222f0606,0000480080f00f4a",
        "scalable-mode=on fsts=on,81d2008c222f0606,0000880000f00f4a",
        "scalable-mode=on fsts=on fs1gp=off,80d2008c222f0606,0000880000f00f4a",
        "scalable-mode=on pasid-bits=20,80d2008c222f0606,0000499880f00f4a",
        "scalable-mode=on fsts=on pasid-bits=20,81d2008c222f0606,0000899800f00f4a",
        "scalable-mode=on fsts=on pasid-bits=20 device-iotlb=on svm=on,81d2008c222f0606,00008d9a20f00f4e",
        "aw-bits=39,80d2008c22260206,0000000000f00f4a", "dma-translation=off,80d2008c222f0006,0000000000f00f4a",
        "x-scalable-mode=on x-flts=on,81d2008c222f0606,0000880000f00f4a" })
    void compatQemuGivesExactlyQemusCapabilities(final String options, final String cap, final String ecap) {
        final TestGuest guest = guest((options + " compat=qemu").trim());
        assertThat(Long.toHexString(guest.readq(8))).isEqualTo(cap);
        assertThat(guest.readq(0x10)).isEqualTo(Long.parseUnsignedLong(ecap, 16));
        assertThat(guest.readl(0)).isEqualTo(0x10);
    }

    @Test
    void compatQemuHasOneFaultRecordAndMergesFaultsOfOneDevice() {
        assertThat(guest("compat=qemu").readq(8) >>> 40 & 0xFF).isZero();
        assertThat(guest("compat=qemu scalable-mode=on device-iotlb=on svm=on").readl(0xE0)).as("PECTL").isZero();
    }

    @Test
    void defaultsOfferBothStagesPasidsPageRequestsAndCoherentWalks() {
        final TestGuest guest = new TestGuest();
        assertThat(Long.toHexString(guest.readq(8))).isEqualTo("c9d2078c226f0606");
        assertThat(Long.toHexString(guest.readq(0x10))).isEqualTo("413ed9e24f00fdf");
    }

    /** Everything that QEMU lacks can be had on top of its defaults, one by one. */
    @ParameterizedTest
    @CsvSource({ "fs5lp=on,1000000000000000,0", "pi=on,800000000000000,0", "srs=on,0,20000080000000",
        "eafs=on,0,400000000", "ers=on,0,40000000", "ssts=on,0,400000000000", "ssts=on ssads=on,0,600000000000",
        "ssts=on nest=on,0,400004000000", "adms=on,0,10000000000000", "fault-records=3,20000000000,0" })
    void whatQemuLacksIsAddedBitByBit(final String options, final String cap, final String ecap) {
        final TestGuest base = guest("compat=qemu scalable-mode=on fsts=on");
        final TestGuest more = guest("compat=qemu scalable-mode=on fsts=on " + options);
        assertThat(more.readq(8) ^ base.readq(8)).isEqualTo(Long.parseLong(cap, 16));
        assertThat(more.readq(0x10) ^ base.readq(0x10)).isEqualTo(Long.parseLong(ecap, 16));
    }

    @ParameterizedTest
    @CsvSource({ "39,26,2", "48,2f,6", "57,38,e" })
    void widthSetsMgawAndSagaw(final String width, final String mgaw, final String sagaw) {
        final long cap = guest("aw-bits=" + width).readq(8);
        assertThat(cap >>> 16 & 0x3F).isEqualTo(Long.parseLong(mgaw, 16));
        assertThat(cap >>> 8 & 0x1F).isEqualTo(Long.parseLong(sagaw, 16));
    }

    @Test
    void switchesThatDependOnOthersGiveWayToThem() {
        assertThat(guest("scalable-mode=off").readq(0x10) & (0x1FFL << 40 | 1L << 29)).isZero();
        assertThat(guest("device-iotlb=off").readq(0x10) & (1L << 29 | 1L << 42 | 1L << 33 | 1L << 2)).isZero();
        assertThat(guest("intremap=off").readq(0x10) & 0xF0_0018).as("IR, EIM, MHMV").isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = { "svm=on device-iotlb=off; svm=on needs scalable-mode=on and device-iotlb=on",
        "fsts=on scalable-mode=off; fsts=on needs scalable-mode=on",
        "eim=on intremap=off; eim=on needs intremap=on", "pi=on intremap=off; pi=on needs intremap=on",
        "nest=on fsts=off; nest=on needs fsts=on and ssts=on", "ssads=on ssts=off; ssads=on needs ssts=on",
        "srs=on scalable-mode=off; srs=on needs scalable-mode=on", "fs5lp=on fsts=off; fs5lp=on needs fsts=on",
        "pasid-bits=8 scalable-mode=off; pasid-bits=8 needs scalable-mode=on",
        "aw-bits=57 compat=qemu; aw-bits must be 39 or 48 with compat=qemu, not 57",
        "aw-bits=40; aw-bits must be 39|48|57, not `40`",
        "accel=on fsts=off; accel=on needs fsts=on, and caching-mode not off",
        "accel=on caching-mode=off; accel=on needs fsts=on, and caching-mode not off",
        "fault-records=0; fault-records must be 1..256, not `0`" })
    void contradictionsAreNamedInOneSentence(final String options, final String sentence) {
        assertThatThrownBy(() -> guest(options)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("intel-iommu: " + sentence.replace('`', '\''));
    }

    /** Guest software that QEMU lets get away with it names another device in its IOAPIC's entries. */
    @Test
    void anUncheckedSourceMayUseEveryInterruptEntry() {
        for (final String options : new String[]{ "", "unchecked-source=0xff00" }) {
            final TestGuest guest = guest(options);
            guest.ram(0x2_0000 + 5 * 16, 0x55_0001L, 0x4_0010L);
            guest.writeq(0xB8, 0x2_0007);
            guest.writel(0x18, 1L << 24);
            guest.writel(0x18, 1L << 25);
            guest.unit.deviceMessage(0xFF00, 0xFEE0_00B0L, 0);
            assertThat(guest.messages.take()).hasSize(options.isEmpty() ? 0 : 1);
            guest.unit.deviceMessage(0x0018, 0xFEE0_00B0L, 0);
            assertThat(guest.messages.take()).as("others are checked").isEmpty();
        }
    }

    @Test
    void accelerationNeedsHardwareAndBringsCachingMode() {
        assertThat(guest("accel=on").readq(8) & 1 << 7).isNotZero();
        final TestTables tables = new TestTables();
        assertThatThrownBy(() -> IommuModels.create("intel-iommu", Map.of("accel", "on"),
                new IommuPlatform(tables.memory, new Messages()))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("intel-iommu: accel=on needs a host unit that walks first-stage tables, and there is none");
    }

    @Test
    void modelIsFoundByItsQemuName() {
        assertThat(IommuModels.find("intel-iommu").description()).contains("VT-d");
        assertThat(IommuModels.find("intel-iommu").properties()).allMatch(property -> !property.meaning().isBlank());
    }
}
