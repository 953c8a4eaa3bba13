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

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How people name a device, by the bus it sits on. The road of a fault knows devices by an opaque id of 32 bits; this
 * is the only place where the id has parts.
 */
public enum DeviceKind {
    /** Segment, bus, device and function: {@code 0000:03:00.0}, where segment 0 may be left out. */
    PCI("[SEGMENT:]BUS:DEVICE.FUNCTION such as 0000:03:00.0",
            "(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([01]?[0-9a-f])\\.([0-7])") {
        @Override
        int id(final Matcher text) {
            return requester(text) | part(text, 1) << REQUESTER_BITS;
        }

        @Override
        public String text(final int id) {
            return String.format("%04x:%s", id >>> REQUESTER_BITS, requester(id));
        }
    },
    /** The StreamID that firmware gives it: {@code 7} or {@code 0x7}. */
    PLATFORM("a StreamID of 32 bits such as 0x7", "(?:0x([0-9a-f]{1,8})|([0-9]{1,9}))") {
        @Override
        int id(final Matcher text) {
            return text.group(1) == null
                    ? Integer.parseInt(text.group(2))
                    : Integer.parseUnsignedInt(text.group(1), HEX);
        }

        @Override
        public String text(final int id) {
            return String.format("0x%x", id);
        }
    },
    /** UID of the CXL host bridge, then the requester below it: {@code 2/35:00.0}. */
    CXL("HOST_BRIDGE/BUS:DEVICE.FUNCTION such as 2/35:00.0",
            "([0-9a-f]{1,4})/([0-9a-f]{1,2}):([01]?[0-9a-f])\\.([0-7])") {
        @Override
        int id(final Matcher text) {
            return requester(text) | part(text, 1) << REQUESTER_BITS;
        }

        @Override
        public String text(final int id) {
            return String.format("%x/%s", id >>> REQUESTER_BITS, requester(id));
        }
    };

    private static final int HEX = 16;
    private static final int REQUESTER_BITS = 16;

    private final String form;
    private final Pattern pattern;

    DeviceKind(final String form, final String pattern) {
        this.form = form;
        this.pattern = Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
    }

    abstract int id(Matcher text);

    /**
     * Reads a name.
     *
     * @param text in the form of this kind.
     * @return the opaque id.
     * @throws IllegalArgumentException in one sentence that names the form.
     */
    public int parse(final String text) {
        final Matcher matcher = pattern.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("A " + name() + " device is " + form + ", not '" + text + "'.");
        }
        return id(matcher);
    }

    /**
     * Writes a name.
     *
     * @param id the opaque id.
     * @return what {@link #parse} reads.
     */
    public abstract String text(int id);

    private static int part(final Matcher text, final int group) {
        return text.group(group) == null ? 0 : Integer.parseInt(text.group(group), HEX);
    }

    private static int requester(final Matcher text) {
        return part(text, 2) << 8 | part(text, 3) << 3 | part(text, 4);
    }

    private static String requester(final int id) {
        return String.format("%02x:%02x.%d", id >>> 8 & 0xFF, id >>> 3 & 0x1F, id & 7);
    }
}
