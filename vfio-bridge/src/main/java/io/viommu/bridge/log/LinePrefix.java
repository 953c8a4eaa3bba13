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
 * What stands before the kernel's message on a line, and what transport has done to its characters. Stripping matters
 * for the lines that continue a wrapped record and for words whose device is lost; whole records are found wherever
 * they stand in a line.
 */
final class LinePrefix {
    private static final int MAX_PREFIXES = 24;
    private static final char ESCAPE = '\u001b';
    private static final char NO_BREAK_SPACE = '\u00a0';
    private static final char UTF8_LEAD_OF_NO_BREAK_SPACE = '\u00c2';

    /** Colours of dmesg and journalctl; copying from a terminal may lose the escape character. */
    private static final Pattern COLOUR = Pattern
            .compile("(?:\u001b|\\^\\[)\\[[\\d;]{0,16}[a-zA-Z]|\\[(?:\\d{1,3};){0,4}\\d{1,3}m");

    /** Tabs and line ends as rsyslog, /dev/kmsg, JSON, cat -A and quoted-printable write them. */
    private static final Pattern ESCAPED_BLANK = Pattern.compile("#011|\\\\x09|\\\\u0009|\\\\[tnr]|\\^I|=09");

    private static final String TIME = "\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?";
    private static final String DATE = "\\d{4}-\\d\\d-\\d\\d[T ]";
    private static final String ZONE = "(?:Z|[+-]\\d\\d:?\\d\\d)?";

    private static final Pattern PREFIX = Pattern.compile(String.join("|",
            // 1. marks of quoted mail, patches, scripts, lists
            "[\\s>|]+", "(?:&gt;)+", "=>(?=\\s)", "[-+#*]{1,4}(?=\\s)", "\\+#(?=\\s)",
            // 2. syslog, journal, containers, logcat, dmesg -x
            "[A-Z][a-z]{2}\\s+\\d{1,2}\\s+" + TIME + "(?=\\s)",
            "\\[?(?:[A-Z][a-z]{2}\\s+)?" + DATE + TIME + ZONE + "\\]?(?=\\s)",
            "\\[[A-Z][a-z]{2}\\s+[A-Z][a-z]{2}\\s+\\d{1,2}\\s+" + TIME + "\\s+\\d{4}\\]",
            "\\d\\d-\\d\\d\\s+" + TIME + "\\s+\\d{1,8}\\s+\\d{1,8}\\s+[VDIWEF](?=\\s)",
            TIME + "(?=\\s)", "(?:stdout|stderr)\\s+[FP](?=\\s)", "(?:[\\w.-]{1,64}\\s+){0,3}kernel(?:\\[\\d+\\])?:",
            "(?:kern|user|daemon|syslog)\\s*:\\s*(?:emerg|alert|crit|err|warn|notice|info|debug)\\s*:",
            "qemu-system-[\\w-]{1,32}:",
            // 3. printk: level, stamp, stamp without its bracket, Xen
            "<\\d{1,3}>", "\\d{1,3},\\d{1,20},\\d{1,20},[^;\\s]{1,40};",
            "\\[\\s*[+<]?\\s*\\d+[.,]\\d+(?:\\s*<\\s*\\+?\\d+[.,]\\d+\\s*>)?\\s*\\]", "\\d{1,9}\\.\\d{6}\\]",
            "\\(XEN\\)",
            // 4. caller
            "\\[\\s*[TC]\\d+\\]", "\\[pid:[^\\]]{1,80}\\]"));

    private LinePrefix() {
    }

    /** The line with colours, control characters and escaped blanks made into plain text. */
    static String clean(final String line) {
        String text = line;
        if (text.indexOf(ESCAPE) >= 0 || text.contains("[0m") || text.contains("^[[")) {
            text = COLOUR.matcher(text).replaceAll("");
        }
        if (text.indexOf('\\') >= 0 || text.contains("#011") || text.contains("^I") || text.contains("=09")) {
            text = ESCAPED_BLANK.matcher(text).replaceAll(" ");
        }
        return isPlain(text) ? text : plain(text);
    }

    /** The line without what stands before its message. */
    static String strip(final String line) {
        final Matcher prefix = PREFIX.matcher(line);
        int start = 0;
        for (int i = 0; i < MAX_PREFIXES && prefix.region(start, line.length()).lookingAt(); i++) {
            start = prefix.end();
        }
        return line.substring(start).stripTrailing();
    }

    private static boolean isPlain(final String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isForeign(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isForeign(final char c) {
        return c < ' ' && c != '\t' || c == NO_BREAK_SPACE || c == UTF8_LEAD_OF_NO_BREAK_SPACE;
    }

    private static String plain(final String text) {
        final StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (!isForeign(c)) {
                plain.append(c);
            } else if (c == NO_BREAK_SPACE || c == '\r' || c == '\n' || c == '\f' || c == '\u000b') {
                plain.append(' ');
            } else if (c == UTF8_LEAD_OF_NO_BREAK_SPACE
                    && (i + 1 == text.length() || text.charAt(i + 1) != NO_BREAK_SPACE)) {
                plain.append(c);
            }
            // All others (NUL above all) are dropped: serial consoles and crashed log files strew them about.
        }
        return plain.toString();
    }
}
