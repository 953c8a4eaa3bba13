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

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands before the kernel's message on a line: whose line it is, when it was printed, and its number in the
 * kernel's buffer. Whole records are found wherever they stand in a line; but parts of one record are put together only
 * if their lines have the same origin. One object reads line after line.
 */
final class LinePrefix {
    private static final int MAX_PREFIXES = 24;
    private static final int MICRO_DIGITS = 6;
    private static final long MICROS_PER_SECOND = 1_000_000;

    private static final String TIME = "\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?";
    private static final String DATE = "\\d{4}-\\d\\d-\\d\\d[T ]";
    private static final String ZONE = "(?:Z|[+-]\\d\\d:?\\d\\d)?";
    /** After the date of syslog: a token that something said by the kernel or a program follows. */
    private static final String HOST_NAME = "(?!arm-smmu|SMMU|smmu|DMAR|dmar|DRHD|kernel\\b)[\\w.-]{1,64}";
    private static final String SAID = "(?=\\s+(?:[\\w./@-]{1,40}(?:\\[\\d{1,10}\\])?:(?:\\s|$)"
            + "|\\[\\s*\\d{1,9}\\.\\d|last\\s"
            + "|kernel\\s|<\\d))";
    private static final String STAMP = "\\[\\s*\\d{1,9}[.,]\\d{1,9}(?:\\s*<\\s*\\+?\\d+[.,]\\d+\\s*>)?\\s*\\]";

    private static final Pattern PREFIX = Pattern.compile(String.join("|",
            // 1. marks of quoted mail, patches, scripts, lists
            "[\\s>|]+", "=>(?=\\s)", "[-+#*]{1,4}(?=\\s)", "\\+#(?=\\s)",
            // 2. syslog, journal, containers, logcat, dmesg -x
            "(?<syslog>[A-Z][a-z]{2}\\s+\\d{1,2}\\s+" + TIME + ")(?:\\s+(?<sysloghost>" + HOST_NAME + ")" + SAID
                    + ")?(?=\\s)",
            "\\[?(?:[A-Z][a-z]{2}\\s+)?(?<iso>" + DATE + TIME + ")" + ZONE + "\\]?(?:\\s+(?<isohost>" + HOST_NAME + ")"
                    + SAID + ")?(?=\\s)",
            "\\[[A-Z][a-z]{2}\\s+(?<ctime>[A-Z][a-z]{2}\\s+\\d{1,2}\\s+" + TIME + ")\\s+\\d{4}\\]",
            "\\d\\d-\\d\\d\\s+" + TIME + "\\s+\\d{1,8}\\s+\\d{1,8}\\s+[VDIWEF](?=\\s)",
            "(?<clock>" + TIME + ")(?=\\s)", "(?:stdout|stderr)\\s+[FP](?=\\s)",
            "(?:[\\w.-]{1,64}\\s+){0,2}?(?<kernelhost>" + HOST_NAME + ")\\s+kernel(?:\\[\\d{1,10}\\])?:",
            "kernel(?:\\[\\d{1,10}\\])?:", "kernel\\s+(?:-|\\d{1,10})\\s+-\\s+-(?=\\s)", "1\\s+(?=\\d{4}-)",
            "(?:kern|user|daemon|syslog)\\s*:\\s*(?:emerg|alert|crit|err|warn|notice|info|debug)\\s*:",
            "qemu-system-[\\w-]{1,32}:",
            // 3. whoever gathers the logs of several machines, before the stamp of the line that was gathered
            "\\[?(?<collector>[\\w.@/-]{2,64})(?::\\d{1,9})?(?:\\]|\\s{0,24}[:|>])\\s{0,8}(?=" + STAMP
                    + "|<\\d|\\d{1,2},\\d{1,20},|" + DATE + "|[A-Z][a-z]{2}\\s+\\d{1,2}\\s+\\d\\d:)",
            // 4. printk: level, stamp, stamp without its bracket, Xen
            "<\\d{1,3}>", "\\d{1,6},(?<sequence>\\d{1,18}),(?<kmsg>\\d{1,18}),[^;\\s]{1,80};",
            "\\[\\s*[+<]\\s*\\+?\\d+[.,]\\d+\\s*>?\\s*\\]",
            "(?<bareseconds>\\d{1,9})\\.(?<barefraction>\\d{6})\\]",
            "\\[\\s*(?<seconds>\\d{1,9})[.,](?<fraction>\\d{1,9})(?:\\s*<\\s*\\+?\\d+[.,]\\d+\\s*>)?\\s*\\]",
            "(?<xen>\\(XEN\\))",
            // 5. caller
            "\\[\\s*[TC]\\d+\\]", "\\[pid:[^\\]]{1,80}\\]"));

    /** A stamp behind something that is not known as a prefix. */
    private static final Pattern STAMP_BEHIND = Pattern.compile(
            "\\[\\s*(?<seconds>\\d{1,9})[.,](?<fraction>\\d{6})(?:\\s*<\\s*\\+?\\d+[.,]\\d+\\s*>)?\\s*\\]");
    private static final int BEHIND = 160;

    private static final Pattern JSON_HOST = Pattern
            .compile("\"(?:_HOSTNAME|host|hostname)\"\\s*:\\s*\"(?<host>[^\"\\\\]{1,64})\"");
    private static final Pattern CALENDAR = Pattern.compile(
            "(?:(?<year>\\d{4})-(?<m>\\d\\d)-(?<d>\\d\\d)[T ]|(?<month>[A-Z][a-z]{2})\\s+(?<day>\\d{1,2})\\s+)?"
                    + "(?<h>\\d\\d):(?<min>\\d\\d):(?<s>\\d\\d)(?:[.,](?<frac>\\d{1,9}))?");
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private final Matcher prefix = PREFIX.matcher("");
    private String host;
    private boolean xen;
    private long sequence;
    private long printk;
    private long printkResolution;
    private long wall;
    private int form;
    private long wallResolution;

    /** The line without what stands before its message. */
    String read(final String line) {
        host = null;
        xen = line.contains("(XEN)") || line.contains("[VT-D]");
        sequence = LogTime.UNKNOWN;
        printk = LogTime.UNKNOWN;
        wall = LogTime.UNKNOWN;
        form = 0;
        prefix.reset(line);
        int start = 0;
        for (int i = 0; i < MAX_PREFIXES && prefix.region(start, line.length()).lookingAt(); i++) {
            start = prefix.end();
            take();
        }
        if (printk == LogTime.UNKNOWN) {
            findStampBehind(line, start);
        }
        if (host == null && line.indexOf('{') >= 0) {
            final Matcher json = JSON_HOST.matcher(line);
            host = json.find() ? json.group("host") : null;
        }
        return line.substring(start).stripTrailing();
    }

    /** The line without what stands before its message, whoever said it. */
    static String strip(final String line) {
        return new LinePrefix().read(line);
    }

    private void take() {
        final String name = first(prefix.group("sysloghost"), prefix.group("isohost"), prefix.group("kernelhost"),
                prefix.group("collector"));
        if (name != null) {
            host = name;
        }
        if (prefix.group("seconds") != null) {
            stamp(prefix.group("seconds"), prefix.group("fraction"));
        } else if (prefix.group("bareseconds") != null) {
            stamp(prefix.group("bareseconds"), prefix.group("barefraction"));
        } else if (prefix.group("kmsg") != null) {
            sequence = Long.parseLong(prefix.group("sequence"));
            printk = Long.parseLong(prefix.group("kmsg"));
            printkResolution = 1;
        }
        final String calendar = first(prefix.group("syslog"), prefix.group("iso"), prefix.group("ctime"),
                prefix.group("clock"));
        if (calendar != null) {
            calendar(calendar);
        }
    }

    private void stamp(final String seconds, final String fraction) {
        printk = Long.parseLong(seconds) * MICROS_PER_SECOND + micros(fraction);
        printkResolution = fraction.length() >= MICRO_DIGITS ? 1 : MICROS_PER_SECOND;
    }

    private static long micros(final String fraction) {
        return Long.parseLong((fraction + "000000").substring(0, MICRO_DIGITS));
    }

    private void findStampBehind(final String line, final int start) {
        final Matcher stamp = STAMP_BEHIND.matcher(line).region(start, Math.min(line.length(), start + BEHIND));
        if (stamp.find()) {
            stamp(stamp.group("seconds"), stamp.group("fraction"));
        }
    }

    /** Days are counted as if each month had 31, which keeps the order; the year of syslog is not known. */
    private void calendar(final String text) {
        final Matcher parts = CALENDAR.matcher(text);
        if (!parts.matches()) {
            return;
        }
        long days = 0;
        form = 1;
        if (parts.group("year") != null) {
            form = 2;
            days = (number(parts, "year") * 12 + number(parts, "m")) * 31 + number(parts, "d");
        } else if (parts.group("month") != null) {
            form = 3;
            days = MONTHS.indexOf(parts.group("month")) / 3 * 31L + number(parts, "day");
        }
        final String fraction = parts.group("frac");
        wall = (((days * 24 + number(parts, "h")) * 60 + number(parts, "min")) * 60 + number(parts, "s"))
                * MICROS_PER_SECOND + (fraction == null ? 0 : micros(fraction));
        wallResolution = fraction != null && fraction.length() >= MICRO_DIGITS ? 1 : MICROS_PER_SECOND;
    }

    private static long number(final Matcher parts, final String group) {
        return Long.parseLong(parts.group(group));
    }

    private static String first(final String... candidates) {
        for (final String candidate : candidates) {
            if (candidate != null) {
                return candidate;
            }
        }
        return null;
    }

    /** The machine that printed the line, or the file or console it was gathered from; null if the line doesn't say. */
    String host() {
        return host;
    }

    /** Whether the hypervisor Xen printed it, and not the kernel of a domain. */
    boolean isXen() {
        return xen;
    }

    /** The line's number in the kernel's buffer, or {@link LogTime#UNKNOWN}. */
    long sequence() {
        return sequence;
    }

    /** When it was printed. */
    LogTime time() {
        if (printk == LogTime.UNKNOWN && wall == LogTime.UNKNOWN) {
            return LogTime.NONE;
        }
        return new LogTime(printk, wall, form, printk == LogTime.UNKNOWN ? wallResolution : printkResolution);
    }
}
