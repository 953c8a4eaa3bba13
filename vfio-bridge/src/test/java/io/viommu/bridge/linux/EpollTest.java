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
package io.viommu.bridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class EpollTest {
    @Test
    void reportsExactlyTheReadyDescriptorsWithTheirTokens() {
        final List<EventFd> events = new ArrayList<>();
        try (Epoll epoll = Epoll.create(8)) {
            for (int i = 0; i < 5; i++) {
                events.add(EventFd.create());
                epoll.add(events.get(i).fd(), 0xABCD_0000_0000_0000L + i);
            }
            assertThat(epoll.await(0)).isZero();
            events.get(1).signal(1);
            events.get(4).signal(7);
            assertThat(epoll.await(-1)).isEqualTo(2);
            assertThat(tokens(epoll, 2)).containsExactlyInAnyOrder(0xABCD_0000_0000_0001L, 0xABCD_0000_0000_0004L);
            assertThat(epoll.events(0)).isEqualTo(Epoll.READABLE);
            assertThat(epoll.await(0)).as("level-triggered").isEqualTo(2);
            events.get(1).drain();
            assertThat(epoll.await(0)).isEqualTo(1);
            epoll.remove(events.get(4).fd());
            assertThat(epoll.await(1)).isZero();
        } finally {
            events.forEach(EventFd::close);
        }
    }

    @Test
    void moreReadyThanCapacityComeInTurn() {
        final List<EventFd> events = new ArrayList<>();
        try (Epoll epoll = Epoll.create(2)) {
            for (int i = 0; i < 5; i++) {
                events.add(EventFd.create());
                events.get(i).signal(1);
                epoll.add(events.get(i).fd(), i);
            }
            final Set<Long> seen = new TreeSet<>();
            for (int round = 0; round < 10; round++) {
                final int count = epoll.await(0);
                assertThat(count).isEqualTo(2);
                seen.addAll(tokens(epoll, count));
            }
            assertThat(seen).containsExactly(0L, 1L, 2L, 3L, 4L);
        } finally {
            events.forEach(EventFd::close);
        }
    }

    @Test
    void aSignalOfAnotherThreadEndsTheWait() throws Exception {
        try (EventFd event = EventFd.create(); Epoll epoll = Epoll.create(1)) {
            epoll.add(event.fd(), 9);
            final Thread signaller = Thread.ofPlatform().start(() -> event.signal(1));
            assertThat(epoll.await(-1)).isEqualTo(1);
            assertThat(epoll.token(0)).isEqualTo(9);
            signaller.join();
        }
    }

    @Test
    void errorsNameTheDescriptor() {
        try (EventFd event = EventFd.create(); Epoll epoll = Epoll.create(1)) {
            epoll.add(event.fd(), 1);
            assertThatThrownBy(() -> epoll.add(event.fd(), 2)).isInstanceOf(LinuxException.class)
                    .hasMessage("epoll_ctl add of descriptor " + event.fd() + " failed: EEXIST (file exists)");
            assertThatThrownBy(() -> epoll.remove(999_999)).hasMessageContaining("999999 failed: EBADF");
        }
        final Epoll closed = Epoll.create(1);
        closed.close();
        closed.close();
        assertThat(closed.await(0)).isEqualTo(-Errno.EBADF);
        assertThatThrownBy(() -> Epoll.create(0)).hasMessage("epoll capacity must be 1 or more, not 0.");
    }

    @Test
    void theEventIsPackedOnX86AndPaddedElsewhere() {
        assertThat(Epoll.isPacked("amd64")).isTrue();
        assertThat(Epoll.isPacked("aarch64")).isFalse();
        assertThat(Epoll.eventSize(true)).isEqualTo(12);
        assertThat(Epoll.dataOffset(true)).isEqualTo(4);
        assertThat(Epoll.eventSize(false)).isEqualTo(16);
        assertThat(Epoll.dataOffset(false)).isEqualTo(8);
    }

    private static List<Long> tokens(final Epoll epoll, final int count) {
        final List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tokens.add(epoll.token(i));
        }
        return tokens;
    }
}
