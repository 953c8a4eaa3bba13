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

package io.viommu.bridge.vfiouser;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

import org.agrona.concurrent.UnsafeBuffer;

/** A function whose BAR 0 and configuration space are plain bytes, and which writes down what was done to it. */
final class TestFunction implements VfioUserFunction {

    static final int BAR_SIZE = 0x2000;
    /** A write here calls the bell. */
    static final long BELL = 0x100;

    final UnsafeBuffer bar = new UnsafeBuffer(new byte[BAR_SIZE]);
    final UnsafeBuffer config = new UnsafeBuffer(new byte[256]);
    final List<String> accesses = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger resets = new AtomicInteger();
    volatile LongConsumer bell = value -> {
    };
    /** A read of the bell's register calls the alarm. */
    volatile Runnable alarm = () -> {
    };

    @Override
    public long regionSize(final int region) {
        return switch (region) {
            case BAR0 -> BAR_SIZE;
            case CONFIG -> 256;
            default -> 0;
        };
    }

    @Override
    public int interrupts(final int kind) {
        return switch (kind) {
            case INTX -> 1;
            case MSIX -> 4;
            default -> 0;
        };
    }

    private UnsafeBuffer region(final int region) {
        return region == BAR0 ? bar : config;
    }

    @Override
    public long read(final int region, final long offset, final int size) {
        if (region == BAR0 && offset == BELL) {
            alarm.run();
        }
        accesses.add("r" + region + " " + Long.toHexString(offset) + "/" + size);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (region(region).getByte((int) offset + i) & 0xFFL) << 8 * i;
        }
        return value;
    }

    @Override
    public void write(final int region, final long offset, final int size, final long value) {
        accesses.add("w" + region + " " + Long.toHexString(offset) + "/" + size + "=" + Long.toHexString(value));
        for (int i = 0; i < size; i++) {
            region(region).putByte((int) offset + i, (byte) (value >>> 8 * i));
        }
        if (region == BAR0 && offset == BELL) {
            bell.accept(value);
        }
    }

    @Override
    public void reset() {
        resets.incrementAndGet();
    }
}
