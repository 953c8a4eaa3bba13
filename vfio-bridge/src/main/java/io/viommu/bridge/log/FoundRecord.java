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

/**
 * A record that {@link LineJoiner} has found.
 *
 * @param format
 *            its format
 * @param groups
 *            what was read of it; valid until the sink returns
 * @param line
 *            number of the line on which it starts
 * @param lastLine
 *            number of the line on which it ends
 * @param time
 *            when its line was printed
 * @param rest
 *            the text between its end and the next record
 * @param endsLine
 *            true when no other record follows in the same text
 */
record FoundRecord(RecordFormat format, Matcher groups, long line, long lastLine, LogTime time, String rest,
        boolean endsLine) {
    String group(final String name) {
        return groups.group(name);
    }

    boolean has(final String name) {
        return groups.group(name) != null;
    }
}
