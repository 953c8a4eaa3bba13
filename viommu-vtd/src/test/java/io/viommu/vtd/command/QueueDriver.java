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

package io.viommu.vtd.command;

import java.util.Map;

import io.viommu.vtd.TestGuest;

/** A guest with an invalidation queue of one page at 20000h, whose wait status lies at 30000h. */
final class QueueDriver {

    static final long QUEUE = 0x2_0000;
    static final long STATUS = 0x3_0000;
    static final long IQH = 0x80;
    static final long IQT = 0x88;
    static final long IQA = 0x90;
    static final long IQERCD = 0xB0;
    static final long ICS = 0x9C;
    static final long IECTL = 0xA0;
    static final long IQE = 1 << 4;
    static final long ICE = 1 << 5;
    static final long ITE = 1 << 6;

    final RecordingSink sink = new RecordingSink();
    final TestGuest guest;
    final boolean wide;
    private long tail;

    QueueDriver(final boolean wide, final int mode, final Map<String, String> properties) {
        this.guest = new TestGuest(properties, sink);
        this.wide = wide;
        guest.boot(mode);
        guest.writel(0xA4, 0x61);
        guest.writel(0xA8, 0xFEE0_2000L);
        guest.writel(IECTL, 0);
        guest.writel(IQT, 0);
        guest.writeq(IQA, QUEUE | (wide ? 1 << 11 : 0));
        enable();
        sink.take();
        guest.messages.take();
    }

    QueueDriver(final boolean wide, final int mode) {
        this(wide, mode, Map.of());
    }

    void enable() {
        guest.writel(0x18, guest.readl(0x1C) & 0x96FF_FFFFL | 1L << 26);
    }

    void disable() {
        guest.writel(0x18, guest.readl(0x1C) & 0x92FF_FFFFL);
        tail = 0;
    }

    int length() {
        return wide ? 32 : 16;
    }

    /** Puts a descriptor at the tail without telling the unit. */
    void put(final long word0, final long word1) {
        put(word0, word1, 0);
    }

    void put(final long word0, final long word1, final long word2) {
        guest.ram(QUEUE + tail, word0, word1);
        if (wide) {
            guest.ram(QUEUE + tail + 16, word2, 0);
        }
        tail = (tail + length()) % 4096;
    }

    void ring() {
        guest.writel(IQT, tail);
    }

    void submit(final long word0, final long word1) {
        put(word0, word1);
        ring();
    }

    /** A wait that writes a status; true if it was written. */
    boolean waited(final int value) {
        guest.ram(STATUS, 0);
        submit(0x25 | (long) value << 32, STATUS);
        return (int) guest.ram(STATUS) == value;
    }

    long head() {
        return guest.readq(IQH);
    }

    long fsts() {
        return guest.readl(TestGuest.FSTS);
    }

    int error() {
        return (int) guest.readq(IQERCD) & 0xF;
    }
}
