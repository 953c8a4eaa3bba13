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

package io.viommu.vtd;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.viommu.interrupt.InterruptSink;

/** Keeps the messages that a unit sent, as {@code address:data} in hex. */
public final class Messages implements InterruptSink {

    private final List<String> sent = new CopyOnWriteArrayList<>();
    /** Called for each message: what a guest's handler does. */
    public volatile Runnable handler = () -> {
    };

    @Override
    public boolean message(final long address, final int data) {
        sent.add(Long.toHexString(address) + ":" + Integer.toHexString(data));
        handler.run();
        return true;
    }

    @Override
    public void line(final int line, final boolean level) {
        sent.add("line " + line);
    }

    /** What was sent since the last call. */
    public List<String> take() {
        final List<String> result = List.copyOf(sent);
        sent.clear();
        return result;
    }
}
