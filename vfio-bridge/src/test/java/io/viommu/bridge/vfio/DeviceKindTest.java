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
package io.viommu.bridge.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceKindTest {

    @ParameterizedTest(name = "{0} {1} is {2}")
    @CsvSource({ "PCI,0000:03:00.0,300", "PCI,ffff:ff:1f.7,ffffffff", "PCI,0001:00:02.1,10011", "PLATFORM,0x7,7",
        "PLATFORM,0xffffffff,ffffffff", "CXL,2/35:00.0,23500", "CXL,ffff/00:01.0,ffff0008" })
    void aNameAndItsIdAreOneToOne(final DeviceKind kind, final String text, final String id) {
        assertThat(Integer.toHexString(kind.parse(text))).isEqualTo(id);
        assertThat(kind.text(kind.parse(text))).isEqualTo(text);
    }

    @Test
    void shortFormsAreRead() {
        assertThat(DeviceKind.PCI.parse("3:0.0")).isEqualTo(0x300);
        assertThat(DeviceKind.PLATFORM.parse("7")).isEqualTo(7);
    }

    @Test
    void whatIsNoNameIsRefusedWithTheForm() {
        assertThatThrownBy(() -> DeviceKind.PLATFORM.parse("03:00.0"))
                .hasMessage("A PLATFORM device is a StreamID of 32 bits such as 0x7, not '03:00.0'.");
        assertThatThrownBy(() -> DeviceKind.PCI.parse("03:20.0")).hasMessageContaining("[SEGMENT:]BUS:DEVICE.FUNCTION");
        assertThatThrownBy(() -> DeviceKind.CXL.parse("03:00.0")).hasMessageContaining("HOST_BRIDGE/");
    }
}
