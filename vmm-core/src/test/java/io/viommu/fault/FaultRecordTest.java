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

import java.nio.ByteBuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FaultRecordTest {

    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(192));
    private final FaultRecord record = new FaultRecord().wrap(buffer, 64);

    @Test
    void everyFieldLiesWhereTheLayoutSays() {
        record.kind(FaultKind.SMMU_EVENT).source(0xBEEF).hostDevice(0x1111_1111).guestDevice(0x2222_2222)
                .pasid(0xF_3333).asReported(true).time(0x4444_4444_4444_4444L).cookie(0x5555_5555_5555_5555L);
        for (int i = 0; i < 4; i++) {
            record.word(i, 0x6060_6060_6060_6060L + i);
        }
        assertThat(buffer.getByte(64)).isEqualTo((byte) 1);
        assertThat(buffer.getByte(65)).isEqualTo((byte) 3);
        assertThat(buffer.getShort(66)).isEqualTo((short) 0xBEEF);
        assertThat(buffer.getInt(68)).isEqualTo(0x1111_1111);
        assertThat(buffer.getInt(72)).isEqualTo(0x2222_2222);
        assertThat(buffer.getInt(76)).isEqualTo(0xF_3333);
        assertThat(buffer.getLong(80)).isEqualTo(0x4444_4444_4444_4444L);
        assertThat(buffer.getLong(88)).isEqualTo(0x5555_5555_5555_5555L);
        assertThat(buffer.getLong(96)).isEqualTo(0x6060_6060_6060_6060L);
        assertThat(buffer.getLong(120)).isEqualTo(0x6060_6060_6060_6063L);
        assertThat(buffer.getLong(56)).isZero();
        assertThat(buffer.getLong(128)).isZero();
    }

    @Test
    void whatIsWrittenIsReadBack() {
        record.kind(4).source(65535).hostDevice(-1).guestDevice(-2).time(-3).cookie(-4).word(2, -5);
        assertThat(record.kind()).isEqualTo(4);
        assertThat(record.source()).isEqualTo(65535);
        assertThat(record.hostDevice()).isEqualTo(-1);
        assertThat(record.guestDevice()).isEqualTo(-2);
        assertThat(record.time()).isEqualTo(-3);
        assertThat(record.cookie()).isEqualTo(-4);
        assertThat(record.word(2)).isEqualTo(-5);
    }

    @Test
    void pasidZeroIsNotTheSameAsNoPasid() {
        assertThat(record.hasPasid()).isFalse();
        record.pasid(0);
        assertThat(record.hasPasid()).isTrue();
        assertThat(record.asReported()).isFalse();
        record.asReported(true).asReported(false);
        assertThat(record.hasPasid()).isTrue();
        record.clear();
        assertThat(record.hasPasid()).isFalse();
        assertThat(record.kind()).isEqualTo(FaultKind.NONE);
    }

    @Test
    void copyTakesAll64BytesAndNoMore() {
        for (int i = 0; i < 8; i++) {
            buffer.putLong(64 + i * 8, 0x0101_0101_0101_0101L * (i + 1));
        }
        final FaultRecord copy = new FaultRecord().wrap(buffer, 0);
        copy.copyFrom(record);
        for (int i = 0; i < 8; i++) {
            assertThat(buffer.getLong(i * 8)).isEqualTo(0x0101_0101_0101_0101L * (i + 1));
        }
        assertThat(buffer.getLong(128)).isZero();
    }

    @Test
    void aRecordOfItsOwnNeedsNoBuffer() {
        final FaultRecord own = new FaultRecord();
        own.copyFrom(record.cookie(7));
        assertThat(own.cookie()).isEqualTo(7);
        own.clear();
        assertThat(record.cookie()).isEqualTo(7);
    }

    @Test
    void wordsBeyondTheRecordAreRefused() {
        assertThatThrownBy(() -> record.word(4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> record.word(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(buffer.getLong(88)).isZero();
    }

    @Test
    void aWindowBeyondTheBufferIsRefused() {
        assertThatThrownBy(() -> record.wrap(buffer, 129)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
