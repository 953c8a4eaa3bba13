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
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** One client of the line protocol, until it hangs up. */
final class QtestSession {

    private final LineReader in;
    private final OutputStream out;
    private final QtestProtocol protocol;
    private final QtestLog log;

    QtestSession(final InputStream in, final OutputStream out, final QtestProtocol protocol, final QtestLog log) {
        this.in = new LineReader(in);
        this.out = out;
        this.protocol = protocol;
        this.log = log;
    }

    /** Answers line after line; returns when the client has gone. */
    void run() {
        try {
            for (String line = in.next(); line != null; line = in.next()) {
                log.received(line);
                final String answer = in.tooLong() ? QtestProtocol.tooLong() : protocol.answer(line);
                log.sent(answer);
                out.write(answer.getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
            }
        } catch (final IOException gone) {
            log.sent("the client has gone\n");
        }
    }
}
