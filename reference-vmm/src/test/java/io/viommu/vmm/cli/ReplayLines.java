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

package io.viommu.vmm.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * The output of {@code replay --json}, read strictly: one flat object on each line.
 *
 * @param run     the run.
 * @param faults  one for each line but the last.
 * @param summary the last line.
 */
record ReplayLines(CommandRun run, List<Map<String, Object>> faults, Map<String, Object> summary) {

    static ReplayLines of(final CommandRun run) {
        final List<Map<String, Object>> lines = new ArrayList<>();
        run.out().lines().forEach(line -> lines.add(parse(line)));
        return new ReplayLines(run, lines.subList(0, lines.size() - 1), lines.getLast());
    }

    private static Map<String, Object> parse(final String line) {
        final Map<String, Object> object = new LinkedHashMap<>();
        try (JsonParser json = new JsonFactory().createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new AssertionError("not an object: " + line);
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                final String key = json.currentName();
                json.nextToken();
                if (object.containsKey(key)) {
                    throw new AssertionError("key twice: " + key);
                }
                object.put(key, value(json));
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new AssertionError("more than one object: " + line);
            }
            return object;
        } catch (final IOException malformed) {
            throw new UncheckedIOException(line, malformed);
        }
    }

    private static Object value(final JsonParser json) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_NULL -> null;
            case VALUE_STRING -> json.getText();
            case VALUE_NUMBER_INT -> json.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case START_ARRAY -> {
                final List<String> texts = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    texts.add(json.getText());
                }
                yield texts;
            }
            default -> throw new AssertionError("a nested " + json.currentToken());
        };
    }

    long count(final String key) {
        return (Long) summary.get(key);
    }

    List<Map<String, Object>> faults(final String outcome) {
        return faults.stream().filter(fault -> outcome.equals(fault.get("outcome"))).toList();
    }

    @SuppressWarnings("unchecked") // the parser above makes lists of strings only
    static List<String> words(final Map<String, Object> fault, final String key) {
        return (List<String>) fault.get(key);
    }
}
