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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Gives the lines of the SMMUv3 driver to the SMMU that they speak of. */
final class SmmuRecords {
    private static final int MAX_DEVICES = 64;
    private static final int HEX = 16;
    private static final String NO_NAME = "";
    private static final Pattern WORD_AFTER_HEADER = Pattern.compile("[:\\s,]{1,8}(0[xX]\\p{XDigit}{16})(?=[,\\s]|$)");

    private final Consumer<LogFault> faults;
    private final Consumer<LogNotice> notices;
    private final Map<String, SmmuDevice> devices = new LinkedHashMap<>(MAX_DEVICES, 0.75f, true);
    private SmmuDevice lastHeaded;
    private SmmuDevice lastWorded;
    private boolean awaitsMore;

    SmmuRecords(final Consumer<LogFault> faults, final Consumer<LogNotice> notices) {
        this.faults = faults;
        this.notices = notices;
    }

    /** Whether some SMMU's lines are incomplete, so that lines without the driver's name matter. */
    boolean awaitsMore() {
        return awaitsMore;
    }

    void expire(final long now) {
        devices.values().forEach(device -> device.expire(now));
        refresh();
    }

    void end() {
        devices.values().forEach(device -> device.close("before the end of the log"));
        devices.clear();
        lastHeaded = null;
        lastWorded = null;
        awaitsMore = false;
    }

    void record(final RecordFormat format, final Matcher groups, final long line, final String rest,
            final boolean endsLine) {
        final boolean driver = format == RecordFormat.SMMU;
        final String printedDevice = groups.group("device");
        final String name = printedDevice == null ? NO_NAME : printedDevice;
        if (groups.group("id") != null) {
            final boolean received = groups.group("received") != null;
            if (received || driver && endsLine && "received".startsWith(rest.strip())) {
                lastHeaded = device(name);
                lastHeaded.header(line, Integer.parseInt(groups.group("id"), HEX), received, driver);
                wordsAfterHeader(rest, line);
            }
        } else if (groups.group("word") != null) {
            word(groups.group("word"), name, driver, line, rest);
        } else if (groups.group("name") != null && groups.group("client") != null) {
            device(name).decodedHead(new SmmuDecodedEvent(line, groups));
        } else if (groups.group("fetched") != null) {
            deviceOrLast(name).decodedBody(line, SmmuDecodedEvent.Attributes.of(groups));
        } else if (groups.group("priheader") != null) {
            device(name).pageRequestAnnounced(line);
        } else if (groups.group("prisid") != null) {
            final SmmuDevice device = device(name);
            faults.accept(pageRequest(groups, device.pageRequestStart(line), device.name()));
        } else {
            notice(groups, line);
        }
        refresh();
    }

    /** S5 and S7. */
    private void notice(final Matcher groups, final long line) {
        if (groups.group("overflow") != null) {
            final boolean events = "EVTQ".equals(groups.group("queue"));
            notices.accept(new LogNotice(line,
                    events ? LogNotice.Kind.SMMU_EVENTS_LOST : LogNotice.Kind.SMMU_PAGE_REQUESTS_LOST, 0));
        } else if (groups.group("suppressedsid") != null) {
            final long sid = PrintedNumber.hexUpTo(groups.group("suppressedsid"), SmmuEventWords.MAX_STREAM_ID);
            notices.accept(new LogNotice(line, LogNotice.Kind.SMMU_STREAM_SUPPRESSED, Math.max(sid, 0)));
        }
    }

    /**
     * A word belongs to its SMMU's open event. Without a name it belongs to the event that was begun last; then it must
     * stand alone and be whole, because other things print numbers too.
     */
    private void word(final String text, final String name, final boolean driver, final long line, final String rest) {
        SmmuDevice device = devices.get(name);
        if (device == null || !device.awaitsWords()) {
            device = lastHeaded;
            if (device == null || !device.awaitsWords() || !name.isEmpty() && !device.isAdoptable()) {
                return;
            }
            if (driver) {
                devices.values().remove(device);
                device.rename(name);
                devices.put(name, device);
            }
        }
        final boolean alone = rest.isBlank() || "[".equals(rest.strip());
        if (driver || alone && SmmuDevice.isWhole(text)) {
            device.word(line, text, driver);
            lastWorded = device;
        }
    }

    /** Words that follow their header on the same line, each without a name. */
    private void wordsAfterHeader(final String rest, final long line) {
        final Matcher words = WORD_AFTER_HEADER.matcher(rest);
        for (int i = 0; i < SmmuEventWords.COUNT && words.lookingAt(); i++) {
            lastHeaded.word(line, words.group(1), false);
            words.region(words.end(), rest.length());
        }
    }

    /** Syslog has left out lines that were the same as the word before. */
    void repeatWord(final int times, final long line) {
        for (int i = 0; i < times && lastWorded != null && lastWorded.awaitsWords(); i++) {
            lastWorded.repeatWord(line);
        }
        refresh();
    }

    private SmmuDevice deviceOrLast(final String name) {
        return name.isEmpty() && lastHeaded != null ? lastHeaded : device(name);
    }

    private SmmuDevice device(final String name) {
        SmmuDevice device = devices.get(name);
        if (device == null) {
            if (devices.size() == MAX_DEVICES) {
                final Map.Entry<String, SmmuDevice> eldest = devices.entrySet().iterator().next();
                eldest.getValue().close("before lines of " + MAX_DEVICES + " other SMMUs");
                devices.remove(eldest.getKey());
            }
            device = new SmmuDevice(name, faults);
            devices.put(name, device);
        }
        return device;
    }

    private void refresh() {
        awaitsMore = false;
        for (final SmmuDevice device : devices.values()) {
            awaitsMore |= device.awaitsMore();
        }
    }

    /** S8 without its second line. */
    static SmmuLogPageRequest cutPageRequest(final long line, final String device) {
        return new SmmuLogPageRequest(line, device, RawWords.NONE, OptionalLong.empty(), OptionalInt.empty(),
                OptionalLong.empty(), OptionalInt.empty(), false,
                "The page request is announced, but the line with its StreamID and address is missing.");
    }

    private static SmmuLogPageRequest pageRequest(final Matcher groups, final long line, final String device) {
        final long streamId = PrintedNumber.hexUpTo(groups.group("prisid"), SmmuEventWords.MAX_STREAM_ID);
        final long substreamId = PrintedNumber.hexUpTo(groups.group("prissid"), SmmuEventWords.MAX_SUBSTREAM_ID);
        final String address = groups.group("priiova");
        final boolean hasAddress = address != null && PrintedNumber.isHex64(address);
        final int group = groups.group("group") == null ? -1 : Integer.parseInt(groups.group("group"));
        String rejection = null;
        if (address == null) {
            rejection = "The page request is cut short before its address.";
        } else if (streamId < 0 || substreamId < 0 || !hasAddress || group > SmmuPageRequestWords.MAX_GROUP) {
            rejection = "A number of the page request does not fit its field (sid, ssid, group, iova).";
        }
        final boolean last = "L".equals(groups.group("last"));
        final RawWords words = rejection != null
                ? RawWords.NONE
                : RawWords.of(SmmuPageRequestWords.word0(streamId, substreamId, flags(groups)),
                        SmmuPageRequestWords.word1(PrintedNumber.hex64(address), group));
        return new SmmuLogPageRequest(line, device, words,
                streamId < 0 ? OptionalLong.empty() : OptionalLong.of(streamId),
                substreamId <= 0 ? OptionalInt.empty() : OptionalInt.of((int) substreamId),
                hasAddress ? OptionalLong.of(PrintedNumber.hex64(address)) : OptionalLong.empty(),
                group < 0 ? OptionalInt.empty() : OptionalInt.of(group), last, rejection);
    }

    private static long flags(final Matcher groups) {
        final String permissions = groups.group("permissions");
        return (groups.group("unprivileged") == null ? SmmuPageRequestWords.PRIVILEGED : 0)
                | (permissions.contains("R") ? SmmuPageRequestWords.READ : 0)
                | (permissions.contains("W") ? SmmuPageRequestWords.WRITE : 0)
                | (permissions.contains("X") ? SmmuPageRequestWords.EXECUTE : 0)
                | ("L".equals(groups.group("last")) ? SmmuPageRequestWords.LAST : 0);
    }
}
