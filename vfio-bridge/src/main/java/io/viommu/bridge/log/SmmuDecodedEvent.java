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
package io.viommu.bridge.log;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.regex.Matcher;

/**
 * An event in the kernel's own words, as kernels from 6.14 on print it after the raw dump: a first line with its name,
 * ids and addresses (S3), and for translation faults a second one with the attributes of the access (S4).
 */
final class SmmuDecodedEvent {
    /** S4. */
    record Attributes(long word1, String problem) {
        /** Reads the second line. */
        static Attributes of(final Matcher groups) {
            if (groups.group("stag") == null) {
                return new Attributes(0, "The second decoded line is cut short.");
            }
            final long stag = PrintedNumber.hexUpTo(groups.group("stag"), SmmuEventWords.MAX_STAG);
            final long faultClass = faultClass(groups.group("class"));
            if (stag < 0 || faultClass < 0) {
                return new Attributes(0, "The second decoded line has a class or stag that can't be read.");
            }
            return new Attributes(stag | faultClass << SmmuEventWords.CLASS_SHIFT
                    | flag("priv".equals(groups.group("privilege")), SmmuEventWords.PNU)
                    | flag("inst".equals(groups.group("fetched")), SmmuEventWords.IND)
                    | flag("read".equals(groups.group("rw")), SmmuEventWords.RNW)
                    | flag("s2".equals(groups.group("stage")), SmmuEventWords.S2)
                    | flag("read".equals(groups.group("ttd")), SmmuEventWords.TTRNW)
                    | flag(groups.group("stall") != null, SmmuEventWords.STALL), null);
        }

        private static long flag(final boolean set, final long bit) {
            return set ? bit : 0;
        }

        /** The driver's texts for word 1 CLASS. */
        private static long faultClass(final String text) {
            return switch (text.strip().replaceAll("\\s+", " ")) {
                case "CD fetch" -> 0;
                case "Stage 1 translation table fetch" -> 1;
                case "Input address caused fault" -> 2;
                case "Reserved" -> 3;
                default -> -1;
            };
        }
    }

    private final long line;
    private final String printedName;
    private final SmmuEventName event;
    private final String streamId;
    private final String substreamId;
    private final String iova;
    private final String ipa;
    private final String fetchAddress;
    private Attributes attributes;

    SmmuDecodedEvent(final long line, final Matcher groups) {
        this.line = line;
        printedName = groups.group("name");
        event = SmmuEventName.byName(printedName);
        streamId = groups.group("sid");
        substreamId = groups.group("ssid");
        iova = groups.group("iova");
        ipa = groups.group("ipa");
        fetchAddress = groups.group("fetch");
    }

    long line() {
        return line;
    }

    void attributes(final Attributes read) {
        attributes = read;
    }

    /** Whether the kernel prints a second line for this event. */
    boolean awaitsBody() {
        return event != null && event.isDecodedWithAttributes() && iova != null;
    }

    /**
     * Whether these lines can be the decoded form of an event that was printed raw. Only what names the event is
     * compared: the kernel masks the IPA, and prints SubstreamID 0 when there is none. The last number before the text
     * ends may have lost its end with it.
     */
    boolean agreesWith(final int id, final RawWords words) {
        if (event != null && event.id() != id) {
            return false;
        }
        final boolean otherStream = words.count() > 0 && streamId != null
                && streamId() != SmmuEventWords.streamId(words.get(0))
                && !(substreamId == null && isCut(streamId, SmmuEventWords.streamId(words.get(0))));
        final boolean otherAddress = words.count() > 2 && iova != null
                && !(PrintedNumber.isHex64(iova) && PrintedNumber.hex64(iova) == words.get(2))
                && !(ipa == null && isCut(iova, words.get(2)));
        return !otherStream && !otherAddress;
    }

    private static boolean isCut(final String printed, final long number) {
        return ("0x" + Long.toHexString(number)).startsWith(printed);
    }

    /** The event rebuilt; rejected when a line or a field of it is missing. */
    SmmuLogEvent toFault(final String device) {
        final String rejection = rejection();
        if (rejection == null) {
            final long word3 = ipa != null ? address(ipa) : fetchAddress != null ? address(fetchAddress) : 0;
            final RawWords words = RawWords.of(SmmuEventWords.word0(event.id(), streamId(), substreamId()),
                    attributes == null ? 0 : attributes.word1(), iova == null ? 0 : address(iova), word3);
            return SmmuEventWords.event(line, device, event.id(), words, true, null);
        }
        final long readSubstreamId = substreamId == null ? 0 : substreamId();
        return new SmmuLogEvent(line, device, event == null ? OptionalInt.empty() : OptionalInt.of(event.id()),
                RawWords.NONE, true,
                streamId != null && streamId() >= 0 ? OptionalLong.of(streamId()) : OptionalLong.empty(),
                readSubstreamId > 0 ? OptionalInt.of((int) readSubstreamId) : OptionalInt.empty(),
                iova != null && PrintedNumber.isHex64(iova) ? OptionalLong.of(address(iova)) : OptionalLong.empty(),
                LogAccess.UNKNOWN, rejection);
    }

    private String rejection() {
        final StringJoiner missing = new StringJoiner(", ");
        need(missing, "sid", streamId != null);
        need(missing, "ssid", substreamId != null);
        if (event != null && event.isDecodedWithAttributes()) {
            need(missing, "iova and ipa", iova != null);
            need(missing, "access attributes", attributes != null);
        } else if (event != null && event.isDecodedWithFetchAddress()) {
            need(missing, "fetch_addr", fetchAddress != null);
        }
        if (event == null) {
            return "The event is only named (" + printedName + "), and its raw words were not printed.";
        }
        if (missing.length() > 0) {
            return "The event is only printed decoded, and without its " + missing + ".";
        }
        if (attributes != null && attributes.problem() != null) {
            return attributes.problem();
        }
        final boolean readable = streamId() >= 0 && substreamId() >= 0 && readable(iova) && readable(ipa)
                && readable(fetchAddress);
        return readable ? null : "The event is only printed decoded, and one of its numbers does not fit its field.";
    }

    private static void need(final StringJoiner missing, final String field, final boolean there) {
        if (!there) {
            missing.add(field);
        }
    }

    private static boolean readable(final String address) {
        return address == null || PrintedNumber.isHex64(address);
    }

    private static long address(final String text) {
        return PrintedNumber.hex64(text);
    }

    private long streamId() {
        return PrintedNumber.hexUpTo(streamId, SmmuEventWords.MAX_STREAM_ID);
    }

    private long substreamId() {
        return PrintedNumber.hexUpTo(substreamId, SmmuEventWords.MAX_SUBSTREAM_ID);
    }
}
