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

package io.viommu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class WordCopyTest {

    private final UnsafeBuffer heap = new UnsafeBuffer(new byte[64]);
    private final UnsafeBuffer direct = new UnsafeBuffer(ByteBuffer.allocateDirect(64));

    @Test
    void copiesAllBytesAndNoMoreWhateverTheAlignment() {
        for (int i = 0; i < 64; i++) {
            heap.putByte(i, (byte) i);
        }
        WordCopy.copy(heap.byteArray(), heap.addressOffset() + 3, null, direct.addressOffset() + 5, 24);
        for (int i = 0; i < 64; i++) {
            assertThat(direct.getByte(i)).isEqualTo((byte) (i < 5 || i >= 29 ? 0 : i - 2));
        }
    }

    @Test
    void clearsAllBytesAndNoMore() {
        direct.setMemory(0, 64, (byte) 0xFF);
        WordCopy.clear(null, direct.addressOffset() + 7, 16);
        for (int i = 0; i < 64; i++) {
            assertThat(direct.getByte(i)).isEqualTo((byte) (i >= 7 && i < 23 ? 0 : 0xFF));
        }
    }
}
