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

package io.viommu.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceNamesTest {

    @ParameterizedTest
    @CsvSource({ "256,0x100", "0x100,0x100", "01:00.0,0x100", "00:1f.7,0xff", "ff:1f.7,0xffff", "0002:21:00.0,0x22100",
        "0,0", "0xffffffff,0xffffffff" })
    void streamIdsAndFunctionsAreNumbers(final String text, final String number) {
        assertThat(DeviceNames.parse(text)).isEqualTo((int) (long) Long.decode(number));
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "x", "-1", "0x100000000", "00:20.0", "00:00.8", "00:00", "100:00.0" })
    void anythingElseIsNot(final String text) {
        assertThat(DeviceNames.parse(text)).isNull();
    }
}
