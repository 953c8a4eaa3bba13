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
    /** Whether there were more SMMUs than are remembered. */
    private boolean crowded;

    SmmuRecords(final Consumer<LogFault> faults, final Consumer<LogNotice> notices) {
        this.faults = faults;
        this.notices = notices;
    }

    /** Whether some SMMU's lines are incomplete, so that lines without the driver's name matter. */
    boolean awaitsMore() {
        return awaitsMore;
    }

    /** The first line of what has not been reported yet, or {@link Long#MAX_VALUE}. */
    long firstOpenLine() {
        long first = Long.MAX_VALUE;
        if (awaitsMore) {
            for (final SmmuDevice device : devices.values()) {
                first = Math.min(first, device.firstOpenLine());
            }
        }
        return first;
    }

    void expire(final long now) {
        forEach(device -> device.expire(now));
    }

    void expire(final LogTime now) {
        if (awaitsMore) {
            forEach(device -> device.expire(now));
        }
    }

    /** Lines of this stream are missing here. */
    void lost(final String where) {
        forEach(device -> device.lost(where));
    }

    /** The lines are not in the order in which they were printed. */
    void disordered() {
        forEach(SmmuDevice::disordered);
    }

    /** Events that only wait for whether a fifth word comes are whole. */
    void deliverWhole() {
        forEach(SmmuDevice::deliverWhole);
    }

    private void forEach(final Consumer<SmmuDevice> action) {
        devices.values().forEach(action);
        refresh();
    }

    void end() {
        devices.values().forEach(device -> device.close("before the end of the log"));
        devices.clear();
        crowded = false;
        lastHeaded = null;
        lastWorded = null;
        awaitsMore = false;
    }

    /**
     * Takes a record.
     *
     * @return false if it tells nothing but the SMMU's name, or that a command has stopped the command queue
     */
    boolean record(final FoundRecord record) {
        final boolean driver = record.format() == RecordFormat.SMMU;
        final String printedDevice = record.group("device");
        final String name = printedDevice == null ? NO_NAME : printedDevice;
        if (record.has("id")) {
            header(record, name, driver);
        } else if (record.has("word")) {
            word(record, name, driver);
        } else if (record.has("name") && record.has("client")) {
            device(name).decodedHead(new SmmuDecodedEvent(record.line(), record.groups()), record.time());
        } else if (record.has("fetched")) {
            deviceOrLast(name).decodedBody(record, SmmuDecodedEvent.Attributes.of(record.groups()), driver);
        } else if (record.has("priheader")) {
            device(name).pageRequestAnnounced(record);
        } else if (record.has("prisid")) {
            final SmmuDevice device = device(name);
            faults.accept(pageRequest(record.groups(), device.pageRequestStart(record), device.name()));
        } else if (record.has("skipped")) {
            device(name).commandSkipped(record);
            refresh();
            return false;
        } else {
            return notice(record.groups(), record.line());
        }
        refresh();
        return true;
    }

    private void header(final FoundRecord record, final String name, final boolean driver) {
        final boolean received = record.has("received");
        if (received || driver && record.endsLine() && "received".startsWith(record.rest().strip())) {
            lastHeaded = device(name);
            lastHeaded.header(record, Integer.parseInt(record.group("id"), HEX), received, driver);
            wordsAfterHeader(record);
        }
    }

    /** S5 and S7. */
    private boolean notice(final Matcher groups, final long line) {
        if (groups.group("overflow") != null) {
            final boolean events = "EVTQ".equals(groups.group("queue"));
            notices.accept(new LogNotice(line,
                    events ? LogNotice.Kind.SMMU_EVENTS_LOST : LogNotice.Kind.SMMU_PAGE_REQUESTS_LOST, 0));
        } else if (groups.group("suppressedsid") != null) {
            final long sid = PrintedNumber.hexUpTo(groups.group("suppressedsid"), SmmuEventWords.MAX_STREAM_ID);
            notices.accept(new LogNotice(line, LogNotice.Kind.SMMU_STREAM_SUPPRESSED, Math.max(sid, 0)));
        }
        return groups.group("overflow") != null || groups.group("suppressedsid") != null;
    }

    /**
     * A word belongs to its SMMU's open event. Without a name it belongs to the only event that is open; then it must
     * stand alone and be whole, because other things print numbers too.
     */
    private void word(final FoundRecord record, final String name, final boolean driver) {
        final String text = record.group("word");
        SmmuDevice device = devices.get(name);
        if ((device == null || !device.awaitsWords()) && lastHeaded != null && lastHeaded.awaitsWords()
                && (name.isEmpty() || lastHeaded.isAdoptable())) {
            device = lastHeaded;
            if (driver) {
                devices.values().remove(device);
                device.rename(name);
                devices.put(name, device);
            }
        }
        if (name.isEmpty() && openEvents() > 1) {
            return;
        }
        final String rest = record.rest().strip();
        if (driver) {
            lastWorded = device == null ? device(name) : device;
            lastWorded.word(record, text, true);
        } else if (device != null && (rest.isEmpty() || "[".equals(rest)) && SmmuDevice.isWhole(text)) {
            lastWorded = device;
            device.word(record, text, false);
        }
    }

    private int openEvents() {
        int open = 0;
        for (final SmmuDevice device : devices.values()) {
            open += device.awaitsWords() ? 1 : 0;
        }
        return open;
    }

    /** Words that follow their header on the same line, each without a name. */
    private void wordsAfterHeader(final FoundRecord record) {
        final Matcher words = WORD_AFTER_HEADER.matcher(record.rest());
        while (words.lookingAt()) {
            lastHeaded.word(record, words.group(1), false);
            words.region(words.end(), record.rest().length());
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
                crowded = true;
            }
            device = new SmmuDevice(name, faults);
            if (crowded) {
                // What stands without its beginning may be the rest of what has just been reported.
                device.spoil();
            }
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
