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

import static org.assertj.core.api.Assertions.assertThat;

/** A door in this process, spoken to line by line. */
final class TestDoor implements AutoCloseable {

    static final String DEVICES = " -device iommu-testdev,addr=1.0 -device edu,addr=2.0,dma_mask=0xffffffffffffffff"
            + " -device pcie-root-port,id=rp,addr=3.0,chassis=1 -device iommu-testdev,bus=rp,addr=0.0";

    final Door door = new Door("");
    private final QtestProtocol protocol = new QtestProtocol(door);

    /** Everything that comes back for a line. */
    String raw(final String line) {
        return protocol.answer(line);
    }

    /** What follows OK. */
    String ok(final String line) {
        final String answer = raw(line);
        assertThat(answer).as(line).startsWith("OK").endsWith("\n");
        return answer.substring(2).trim();
    }

    /** The sentence after FAIL. */
    String fail(final String line) {
        final String answer = raw(line);
        assertThat(answer).as(line).startsWith("FAIL ").endsWith("\n");
        return answer.substring(5).trim();
    }

    @Override
    public void close() {
        door.close();
    }
}
