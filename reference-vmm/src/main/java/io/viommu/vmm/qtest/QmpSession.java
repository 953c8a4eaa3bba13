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

package io.viommu.vmm.qtest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One client of the QMP monitor: greeting, capabilities negotiation, then commands, each answered by a return or an
 * error, and events.
 */
final class QmpSession implements Runnable {

    private static final String EXECUTE = "execute";

    private final QmpReader in;
    private final OutputStream out;
    private final QmpCommands commands;
    private boolean negotiated;

    QmpSession(final Endpoint endpoint, final QmpCommands commands) {
        this.in = new QmpReader(endpoint.in());
        this.out = endpoint.out();
        this.commands = commands;
    }

    @Override
    public void run() {
        try {
            send(Map.of("QMP", Map.of("version", QmpCommands.version(), "capabilities", List.of())));
            for (String text = in.next(); text != null; text = in.next()) {
                answer(text);
            }
        } catch (final IOException gone) {
            // the client hung up: nobody is left to be told
        }
    }

    private void answer(final String text) throws IOException {
        final Object request;
        try {
            request = Json.read(text);
        } catch (final IOException malformed) {
            send(error("GenericError", "this is not JSON: '" + Words.shown(text) + "'", null));
            return;
        }
        if (!(request instanceof final Map<?, ?> object) || !(object.get(EXECUTE) instanceof final String command)) {
            send(error("GenericError", "a request must be an object with a string named 'execute'", null));
            return;
        }
        final Object id = object.get("id");
        if (!negotiated && !command.equals(QmpCommands.NEGOTIATE)) {
            send(error("CommandNotFound", "the first command must be 'qmp_capabilities', not '" + Words.shown(command)
                    + "'", id));
            return;
        }
        try {
            final Object arguments = object.get("arguments");
            final Object result = commands.execute(command, arguments instanceof final Map<?, ?> map ? map : Map.of());
            negotiated = true;
            send(reply("return", result, id));
            event(commands.eventAfter(command));
        } catch (final Refusal refusal) {
            send(error(commands.knows(command) ? "GenericError" : "CommandNotFound", refusal.getMessage(), id));
        }
        commands.afterwards(command);
    }

    private void event(final Map<String, Object> event) throws IOException {
        if (event != null) {
            final Instant now = Instant.now();
            final Map<String, Object> stamped = new LinkedHashMap<>();
            stamped.put("timestamp", Map.of("seconds", now.getEpochSecond(), "microseconds", now.getNano() / 1000));
            stamped.putAll(event);
            send(stamped);
        }
    }

    private static Map<String, Object> error(final String kind, final String sentence, final Object id) {
        return reply("error", Map.of("class", kind, "desc", sentence), id);
    }

    private static Map<String, Object> reply(final String name, final Object value, final Object id) {
        final Map<String, Object> reply = new LinkedHashMap<>();
        reply.put(name, value);
        if (id != null) {
            reply.put("id", id);
        }
        return reply;
    }

    private void send(final Map<String, Object> message) throws IOException {
        out.write((Json.text(message) + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
