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
package io.viommu.vmm.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The attacks of {@link FuzzTest} by inputs of bytes: the first chooses the properties of the device, the others what
 * happens to it. The devices are made once and reset for each input; making one costs more than an input takes.
 */
final class GuestInputs {

    /** Makes an attack on a device of its own. */
    @FunctionalInterface
    interface Maker {
        Attack make(Random random, MeteredMemory memory, HostilePlatform platform, Map<String, String> properties);
    }

    private final InputRandom random = new InputRandom();
    private final List<Fuzzer> fuzzers = new ArrayList<>();

    GuestInputs(final Maker maker, final String... properties) {
        for (final String text : properties) {
            final MeteredMemory memory = new MeteredMemory();
            final HostilePlatform platform = new HostilePlatform(random);
            fuzzers.add(new Fuzzer(maker.make(random, memory, platform, FuzzTest.properties(text)), memory, platform));
        }
    }

    void play(final byte[] input) {
        random.take(input);
        fuzzers.get(random.nextInt(fuzzers.size())).replay(random::left);
    }
}
