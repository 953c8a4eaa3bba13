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
package io.viommu.interrupt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class MessagesUnderWayTest {

    private final MessagesUnderWay messages = new MessagesUnderWay();
    private int counted;

    private void onAnotherThread(final Runnable action) {
        final Thread thread = new Thread(action);
        thread.start();
        try {
            thread.join();
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void messageOfTheCallingThreadIsNotWaitedFor() {
        final int own = messages.enter();
        assertThat(messages.sending()).isTrue();
        assertThat(messages.quiesce(Long.MAX_VALUE)).isTrue();
        messages.leave(own);
        assertThat(messages.sending()).isFalse();
    }

    @Test
    void waitWithABoundGivesUpOnAMessageThatGoesOn() {
        messages.enter();
        onAnotherThread(() -> {
            assertThat(messages.quiesce(0)).isFalse();
            assertThat(messages.quiesce(1_000)).isFalse();
        });
    }

    /** A wait that gave up has begun a new period; the next one still has the message of the old one to wait for. */
    @Test
    void messageThatOneWaitGaveUpOnIsWaitedForByTheNext() {
        onAnotherThread(() -> counted = messages.enter());
        assertThat(messages.quiesce(1_000)).isFalse();
        assertThat(messages.quiesce(1_000)).isFalse();
        assertThat(messages.quiesce(1_000)).isFalse();
        onAnotherThread(() -> messages.leave(counted));
        assertThat(messages.quiesce(1_000)).isTrue();
    }
}
