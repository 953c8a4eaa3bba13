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

package io.viommu.bridge.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The JSON text of a client's VERSION. */
class CapabilitiesTest {

    @Test
    void theSmallerTransferHolds() {
        assertThat(Capabilities.of("{\"capabilities\":{\"max_data_xfer_size\":1024}}").maxTransfer()).isEqualTo(1024);
        assertThat(Capabilities.of("{\"capabilities\":{\"max_data_xfer_size\":1048576}}").maxTransfer())
                .isEqualTo(Capabilities.MAX_TRANSFER);
        assertThat(Capabilities.of("{\"capabilities\":{\"max_data_xfer_size\":99999999999999999999999}}")
                .maxTransfer()).isEqualTo(Capabilities.MAX_TRANSFER);
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "{}", "{\"capabilities\":{}}", " {\"other\": [1, {\"capabilities\": 5}]} ",
        "{\"capabilities\":{\"max_msg_fds\":8,\"migration\":{\"pgsize\":4096},\"write_multiple\":true}}",
        "{\"capabilities\":{\"twin_socket\":{\"supported\":true},\"x\":[{\"max_data_xfer_size\":1}]}}" })
    void whatIsLeftOutOrUnknownDoesNotMatter(final String json) {
        assertThat(Capabilities.of(json).maxTransfer()).isEqualTo(Capabilities.MAX_TRANSFER);
    }

    @ParameterizedTest
    @ValueSource(strings = { "{", "\"", "[]", "23", "{} {}", "{\"capabilities\":\"23\"}",
        "{\"capabilities\":{\"max_msg_fds\":\"foo\"}}", "{\"capabilities\":{\"max_msg_fds\":-1}}",
        "{\"capabilities\":{\"max_data_xfer_size\":1.5}}", "{\"capabilities\":{\"max_data_xfer_size\":0}}",
        "{\"capabilities\":{\"migration\":\"23\"}}", "{\"capabilities\":{}", "\u00e9" })
    void whatIsNoSuchObjectIsRefused(final String json) {
        assertThat(Capabilities.of(json)).isNull();
    }

    @Test
    void depthIsBounded() {
        assertThat(Capabilities.of("{\"x\":" + "[".repeat(60_000))).isNull();
    }
}
