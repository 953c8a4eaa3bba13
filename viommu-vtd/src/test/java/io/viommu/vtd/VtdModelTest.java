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
        assertThat(Long.toHexString(guest.readq(8))).isEqualTo("c1d2078c226f0606");
        assertThat(Long.toHexString(guest.readq(0x10))).isEqualTo("413cd9a20f00fdf");
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
        assertThat(guest("intremap=off").readq(0x10) & 0x18).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = { "svm=on device-iotlb=off; svm=on needs scalable-mode=on and device-iotlb=on",
        "fsts=on scalable-mode=off; fsts=on needs scalable-mode=on",
        "eim=on intremap=off; eim=on needs intremap=on",
        "pasid-bits=8 scalable-mode=off; pasid-bits=8 needs scalable-mode=on",
        "aw-bits=57 compat=qemu; aw-bits must be 39 or 48 with compat=qemu, not 57",
        "aw-bits=40; aw-bits must be 39|48|57, not `40`",
        "fault-records=0; fault-records must be 1..256, not `0`" })
    void contradictionsAreNamedInOneSentence(final String options, final String sentence) {
        assertThatThrownBy(() -> guest(options)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("intel-iommu: " + sentence.replace('`', '\''));
    }

    @Test
    void modelIsFoundByItsQemuName() {
        assertThat(IommuModels.find("intel-iommu").description()).contains("VT-d");
        assertThat(IommuModels.find("intel-iommu").properties()).allMatch(property -> !property.meaning().isBlank());
    }
}
