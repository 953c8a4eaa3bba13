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

package io.viommu.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

class FaultRouterTest {

    private final FaultRouter router = new FaultRouter();

    private static FaultRoute to(final int guestDevice) {
        return new FaultRoute(null, guestDevice);
    }

    @Test
    void routeOfTheDeviceServesAllItsPasids() {
        router.add(1, 0x300, to(7));
        assertThat(router.find(1, 0x300, FaultSink.NO_PASID)).isEqualTo(to(7));
        assertThat(router.find(1, 0x300, 42)).isEqualTo(to(7));
    }

    @Test
    void routeOfThePasidWinsOverTheDevices() {
        router.add(1, 0x300, to(7));
        router.add(1, 0x300, 42, to(8));
        assertThat(router.find(1, 0x300, 42)).isEqualTo(to(8));
        assertThat(router.find(1, 0x300, 43)).isEqualTo(to(7));
        assertThat(router.find(1, 0x300, FaultSink.NO_PASID)).isEqualTo(to(7));
    }

    @Test
    void pasidZeroIsARouteOfItsOwn() {
        router.add(1, 5, 0, to(9));
        assertThat(router.find(1, 5, 0)).isEqualTo(to(9));
        assertThat(router.find(1, 5, FaultSink.NO_PASID)).isNull();
    }

    @Test
    void sourcesAndDevicesAreKeptApart() {
        router.add(1, 0x300, to(7));
        assertThat(router.find(2, 0x300, FaultSink.NO_PASID)).isNull();
        assertThat(router.find(1, 0x301, FaultSink.NO_PASID)).isNull();
        router.add(0, -1, to(1));
        assertThat(router.find(0, -1, 3)).isEqualTo(to(1));
    }

    @Test
    void removedRouteIsGoneAndItsNeighboursStay() {
        for (int device = 0; device < 100; device++) {
            router.add(1, device, to(device));
        }
        router.remove(1, 50);
        assertThat(router.find(1, 50, FaultSink.NO_PASID)).isNull();
        assertThat(router.find(1, 51, FaultSink.NO_PASID)).isEqualTo(to(51));
        router.remove(1, 50); // not there: nothing to say
    }

    @Test
    void impossibleKeysAreRefused() {
        assertThatThrownBy(() -> router.add(65536, 0, to(0))).hasMessageContaining("source");
        assertThatThrownBy(() -> router.add(0, 0, 1 << 20, to(0))).hasMessageContaining("pasid");
        assertThatThrownBy(() -> router.add(0, 0, -1, to(0))).hasMessageContaining("pasid");
    }

    @Test
    void randomChangesAgreeWithAMap() {
        final Random random = new Random(7);
        final Map<List<Integer>, FaultRoute> model = new HashMap<>();
        for (int i = 0; i < 4_000; i++) {
            final int source = random.nextInt(3);
            final int device = random.nextInt(20);
            final int pasid = random.nextInt(4) - 1;
            if (random.nextInt(3) == 0) {
                model.remove(List.of(source, device, pasid));
                router.remove(source, device, pasid);
            } else {
                final FaultRoute route = to(i);
                model.put(List.of(source, device, pasid), route);
                if (pasid < 0) {
                    router.add(source, device, route);
                } else {
                    router.add(source, device, pasid, route);
                }
            }
            final int wanted = random.nextInt(4) - 1;
            final FaultRoute exact = model.get(List.of(source, device, wanted));
            assertThat(router.find(source, device, wanted))
                    .isEqualTo(exact != null ? exact : model.get(List.of(source, device, -1)));
        }
    }

    @Test
    void routesThatStayAreFoundWhileOthersComeAndGo() throws InterruptedException {
        for (int device = 0; device < 32; device++) {
            router.add(1, device, to(device));
            router.add(1, device, 5, to(100 + device));
        }
        final AtomicLong wrong = new AtomicLong();
        final AtomicLong lookUps = new AtomicLong();
        final AtomicBoolean stop = new AtomicBoolean();
        final Thread traffic = new Thread(() -> {
            while (!stop.get()) {
                final int device = (int) (lookUps.get() & 31);
                final FaultRoute whole = router.find(1, device, 6);
                final FaultRoute own = router.find(1, device, 5);
                final FaultRoute passing = router.find(1, 1000 + device, FaultSink.NO_PASID);
                if (whole == null || whole.guestDevice() != device || own == null || own.guestDevice() != 100 + device
                        || passing != null && passing.guestDevice() != 2000) {
                    wrong.incrementAndGet();
                }
                lookUps.incrementAndGet();
            }
        });
        traffic.start();
        for (int i = 0; i < 5_000 || lookUps.get() < 5_000; i++) {
            router.add(1, 1000 + (i & 63), to(2000));
            router.remove(1, 1000 + (i * 7 & 63));
        }
        stop.set(true);
        traffic.join();
        assertThat(wrong.get()).isZero();
    }
}
