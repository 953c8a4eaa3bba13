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

package io.viommu.vmm.replay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GuestRoomTest {

    @Test
    void noMoreIsTakenThanThereIs() {
        final GuestRoom room = new GuestRoom(5);
        assertThat(room.tryTake(3)).isEqualTo(3);
        assertThat(room.tryTake(3)).isEqualTo(2);
        assertThat(room.tryTake(3)).isZero();
        room.give(1);
        assertThat(room.tryTake(3)).isEqualTo(1);
    }

    @Test
    void whoWaitsGoesOnWhenRoomIsGiven() throws InterruptedException {
        final GuestRoom room = new GuestRoom(0);
        final Thread taker = Thread.ofPlatform().start(() -> {
            while (room.tryTake(1) == 0) {
                room.await();
            }
        });
        room.give(1);
        taker.join();
        assertThat(room.tryTake(1)).isZero();
    }
}
