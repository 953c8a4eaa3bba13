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

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The limits that client and server tell each other in the JSON text of VERSION.
 *
 * @param maxTransfer the most bytes of data in one message.
 */
record Capabilities(int maxTransfer) {

    /** What this server takes in one message, in bytes of data and in descriptors, and how many mappings. */
    static final int MAX_TRANSFER = 1 << 16;
    static final int MAX_DESCRIPTORS = 8;
    static final int MAX_MAPPINGS = 256;

    /** What a client takes that says nothing (protocol 0.0, "Version"). */
    private static final int DEFAULT_TRANSFER = 1 << 20;
    /** Only one number matters, so the text is searched for it; one that is no JSON at all is taken for no wishes. */
    private static final Pattern TRANSFER = Pattern.compile("\"max_data_xfer_size\"\\s*:\\s*(\\d{1,10})\\b");

    /** Reads a client's text. */
    static Capabilities of(final String json) {
        final Matcher found = TRANSFER.matcher(json);
        final long theirs = found.find() ? Long.parseLong(found.group(1)) : DEFAULT_TRANSFER;
        return new Capabilities((int) Math.min(theirs, MAX_TRANSFER));
    }

    /** The server's text, with its NUL. */
    static byte[] offer() {
        return ("""
                {"capabilities":{"max_msg_fds":%d,"max_data_xfer_size":%d,"max_dma_maps":%d,"pgsizes":4096,\
                "write_multiple":true}}\0""".formatted(MAX_DESCRIPTORS, MAX_TRANSFER, MAX_MAPPINGS))
                .getBytes(StandardCharsets.US_ASCII);
    }
}
