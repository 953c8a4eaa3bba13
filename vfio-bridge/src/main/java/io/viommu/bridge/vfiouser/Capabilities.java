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

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * The limits that client and server tell each other in the JSON text of VERSION.
 *
 * @param maxTransfer the most bytes of data in one message.
 */
record Capabilities(int maxTransfer) {

    /**
     * What this server takes in one message, in bytes of data and in descriptors, and how many mappings. A client that
     * says nothing takes 1 MiB of data (protocol 0.0, "Version"), so this server's limit holds.
     */
    static final int MAX_TRANSFER = 1 << 16;
    static final int MAX_DESCRIPTORS = 8;
    static final int MAX_MAPPINGS = 256;

    private static final JsonFactory JSON = new JsonFactory();

    /**
     * Reads a client's text: an object in which everything may be left out. Only one number matters here; the others
     * that the protocol knows must be of their type, and what it doesn't know is passed over.
     *
     * @param json the text, empty if the client sent none.
     * @return what it says, or null if it isn't such an object.
     */
    static Capabilities of(final String json) {
        if (json.isEmpty()) {
            return new Capabilities(MAX_TRANSFER);
        }
        try (JsonParser parser = JSON.createParser(json)) {
            final Capabilities found = parser.nextToken() == JsonToken.START_OBJECT ? version(parser) : null;
            return found != null && parser.nextToken() == null ? found : null;
        } catch (final IOException notJson) {
            return null;
        }
    }

    private static Capabilities version(final JsonParser parser) throws IOException {
        Capabilities found = new Capabilities(MAX_TRANSFER);
        while (found != null && parser.nextToken() == JsonToken.FIELD_NAME) {
            final boolean capabilities = "capabilities".equals(parser.currentName());
            final JsonToken value = parser.nextToken();
            if (!capabilities) {
                parser.skipChildren();
            } else {
                found = value == JsonToken.START_OBJECT ? limits(parser) : null;
            }
        }
        return found;
    }

    private static Capabilities limits(final JsonParser parser) throws IOException {
        int transfer = MAX_TRANSFER;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            final String name = parser.currentName();
            final JsonToken value = parser.nextToken();
            final boolean right = switch (name) {
                case "max_msg_fds", "max_data_xfer_size", "max_dma_maps", "pgsizes" ->
                    value == JsonToken.VALUE_NUMBER_INT && parser.getBigIntegerValue().signum() >= 0;
                case "migration", "twin_socket" -> value == JsonToken.START_OBJECT;
                default -> true;
            };
            if (!right) {
                return null;
            }
            if ("max_data_xfer_size".equals(name)) {
                transfer = parser.getBigIntegerValue().min(BigInteger.valueOf(MAX_TRANSFER)).intValue();
            }
            parser.skipChildren();
        }
        return transfer == 0 ? null : new Capabilities(transfer);
    }

    /** The server's text, with its NUL. */
    static byte[] offer() {
        return ("""
                {"capabilities":{"max_msg_fds":%d,"max_data_xfer_size":%d,"max_dma_maps":%d,"pgsizes":4096,\
                "write_multiple":true}}\0""".formatted(MAX_DESCRIPTORS, MAX_TRANSFER, MAX_MAPPINGS))
                .getBytes(StandardCharsets.US_ASCII);
    }
}
