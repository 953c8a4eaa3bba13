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
 * Takes back what transport has done to the characters of a line: colours, escaped blanks, entities of HTML, quotes
 * that a word processor has bent or that have been escaped more than once.
 */
final class PlainText {
    private static final char ESCAPE = '\u001b';
    private static final char NO_BREAK_SPACE = '\u00a0';
    private static final char UTF8_LEAD_OF_NO_BREAK_SPACE = '\u00c2';
    private static final char UTF8_LEAD_OF_PUNCTUATION = '\u00e2';
    /** Text may have been escaped again each time that it was copied. */
    private static final int MAX_ESCAPES = 4;

    /** Colours of dmesg and journalctl; copying from a terminal may lose the escape character. */
    private static final Pattern COLOUR = Pattern
            .compile("(?:\u001b|\\^\\[)\\[[\\d;]{0,16}[a-zA-Z]|\\[(?:\\d{1,3};){0,4}\\d{1,3}m");

    /** Tabs and line ends as rsyslog, /dev/kmsg, JSON, cat -A and quoted-printable write them. */
    private static final Pattern ESCAPED_BLANK = Pattern
            .compile("#011|\\\\{1,8}(?:x09|u0009|[tnr])|\\^I|=09|(?<=[^\\s=])=20(?=\\s|$)");

    /** Quotes as JSON, C and quoted-printable write them. */
    private static final Pattern ESCAPED_QUOTE = Pattern
            .compile("\\\\{1,8}(?:\"|u0022|x22|u201[cd])|=22(?=[A-Z\\s])|(?<=[a-z])=22");

    private static final Pattern ENTITY = Pattern.compile("&(?:#(?<decimal>\\d{1,6})|#[xX](?<hex>\\p{XDigit}{1,5})"
            + "|(?<name>quot|apos|amp|gt|lt|nbsp|ldquo|rdquo|bdquo|laquo|raquo|lsquo|rsquo|Tab|NewLine|lbrack|rbrack"
            + "|lsqb|rsqb|colon|period|comma|lpar|rpar|equals|num|ast));");

    /** Double quotes of word processors in UTF-8, in UTF-8 that was taken for Windows-1252, and in Windows-1252. */
    private static final Pattern BENT_QUOTE = Pattern.compile("\u00e2\u0080[\u009c-\u009f\u00b3\u00b6]"
            + "|\u00c3\u00a2\u00e2\u0082\u00ac(?:\u00c5\u0093|\u00c2?\u009d)|\u00e2\u20ac[\u0153\u009d]"
            + "|\u00c2?[\u00ab\u00bb]|\u00ef\u00bc\u0082|[\u0093\u0094\u201c-\u201f\u2033\u2036\uff02]");

    private PlainText() {
    }

    /** The line as the kernel printed it, as far as that can be told. */
    static String of(final String line) {
        String text = line;
        if (text.indexOf(ESCAPE) >= 0 || text.contains("[0m") || text.contains("^[[")) {
            text = COLOUR.matcher(text).replaceAll("");
        }
        for (int i = 0; i < MAX_ESCAPES && text.indexOf('&') >= 0; i++) {
            text = ENTITY.matcher(text).replaceAll(match -> Matcher.quoteReplacement(character(match)));
        }
        if (text.indexOf('\\') >= 0 || text.contains("=22")) {
            text = ESCAPED_QUOTE.matcher(text).replaceAll("\"");
        }
        if (text.indexOf('\\') >= 0 || text.contains("#011") || text.contains("^I") || text.contains("=09")
                || text.contains("=20")) {
            text = ESCAPED_BLANK.matcher(text).replaceAll(" ");
        }
        if (!isAscii(text)) {
            text = BENT_QUOTE.matcher(text).replaceAll("\"");
        }
        return isPlain(text) ? text : plain(text);
    }

    private static String character(final java.util.regex.MatchResult entity) {
        if (entity.group("name") != null) {
            return named(entity.group("name"));
        }
        final int code = entity.group("decimal") != null
                ? Integer.parseInt(entity.group("decimal"))
                : Integer.parseInt(entity.group("hex"), 16);
        return code >= ' ' || code == '\t' ? String.valueOf((char) Math.min(code, Character.MAX_VALUE)) : " ";
    }

    private static String named(final String name) {
        return switch (name) {
            case "quot", "ldquo", "rdquo", "bdquo", "laquo", "raquo" -> "\"";
            case "apos", "lsquo", "rsquo" -> "'";
            case "amp" -> "&";
            case "gt" -> ">";
            case "lt" -> "<";
            case "lbrack", "lsqb" -> "[";
            case "rbrack", "rsqb" -> "]";
            case "colon" -> ":";
            case "period" -> ".";
            case "comma" -> ",";
            case "lpar" -> "(";
            case "rpar" -> ")";
            case "equals" -> "=";
            case "num" -> "#";
            case "ast" -> "*";
            default -> " ";
        };
    }

    private static boolean isAscii(final String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
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
        return c < ' ' && c != '\t' || c == NO_BREAK_SPACE || c == UTF8_LEAD_OF_NO_BREAK_SPACE
                || c == UTF8_LEAD_OF_PUNCTUATION;
    }

    private static String plain(final String text) {
        final StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (!isForeign(c)) {
                plain.append(c);
            } else if (c == NO_BREAK_SPACE || c == '\r' || c == '\n' || c == '\f' || c == '\u000b') {
                plain.append(' ');
            } else if (c == UTF8_LEAD_OF_PUNCTUATION && isUtf8Blank(text, i)) {
                plain.append(' ');
                i += 2;
            } else if (c == UTF8_LEAD_OF_PUNCTUATION || c == UTF8_LEAD_OF_NO_BREAK_SPACE
                    && (i + 1 == text.length() || text.charAt(i + 1) != NO_BREAK_SPACE)) {
                plain.append(c);
            }
            // All others (NUL above all) are dropped: serial consoles and crashed log files strew them about.
        }
        return plain.toString();
    }

    /** The blanks of typesetters: E2 80 80 to 8A, and the narrow one E2 80 AF. */
    private static boolean isUtf8Blank(final String text, final int at) {
        if (at + 2 >= text.length() || text.charAt(at + 1) != '\u0080') {
            return false;
        }
        final char last = text.charAt(at + 2);
        return last >= '\u0080' && last <= '\u008a' || last == '\u00af';
    }
}
