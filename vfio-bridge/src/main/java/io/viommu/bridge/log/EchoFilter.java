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
package io.viommu.bridge.log;

import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Finds the lines that a second console printed once more: two serial consoles, netconsole beside one, a console that
 * starts by printing all that was printed before it. The second console prints the same lines in the same order, so it
 * is followed from the first line of a record that comes again with the same stamp; a line that only looks like the one
 * before it, as words of an event do, is not taken for its echo.
 *
 * <p>Stamps in microseconds tell a line from any other. With seconds, or none at all, only the first line of an event
 * right behind itself is an echo, since its words would follow it; and the second console may not fall behind by more
 * than one line. It remembers {@value #REMEMBERED} lines.
 */
final class EchoFilter {
    private static final int REMEMBERED = 1 << 12;
    /** Leaves 13 bits of a hash: a place for each of twice as many lines. */
    private static final int PLACE_SHIFT = Long.SIZE - 13;

    /** First lines of records. */
    private static final Markers STARTS = new Markers("event 0x", "event: ", "request device", "unexpected pri");
    private static final Pattern SMMU_HEADER = Pattern.compile("\\bevent\\s+0x\\p{XDigit}{1,4}\\s+received");

    private final long[] stamps = new long[REMEMBERED];
    private final long[] texts = new long[REMEMBERED];
    /** Where a line of a stamp and text was last; another line may have taken the place. */
    private final long[] places = new long[2 * REMEMBERED];
    private final String[] hosts = new String[REMEMBERED];
    /** Lines seen so far that were no echoes; the last of them are remembered. */
    private long count;
    /** The line that the second console will print next, or -1 while there is no second console. */
    private long next = -1;
    private long echoes;

    /** Whether a line is there for the second time; remembers it otherwise. */
    boolean isEcho(final String text, final String host, final LogTime time) {
        final long hash = hash(text);
        final long stamp = time.printk() == LogTime.UNKNOWN ? time.wall() : time.printk();
        if (next >= 0 && next < count && next >= count - REMEMBERED && (time.isFine() || next == count - 1)
                && matches(next, hash, stamp, host)) {
            next++;
            echoes++;
            return true;
        }
        final long found = STARTS.areIn(text) ? search(text, hash, stamp, host, time.isFine()) : -1;
        if (found >= 0) {
            next = found + 1;
            echoes++;
            return true;
        }
        final int slot = (int) (count % REMEMBERED);
        stamps[slot] = stamp;
        texts[slot] = hash;
        hosts[slot] = host;
        count++;
        places[place(hash, stamp)] = count;
        return false;
    }

    private long search(final String text, final long hash, final long stamp, final String host,
            final boolean isFine) {
        if (!isFine) {
            return count > 0 && matches(count - 1, hash, stamp, host) && SMMU_HEADER.matcher(text).find()
                    ? count - 1
                    : -1;
        }
        final long found = places[place(hash, stamp)] - 1;
        return found >= Math.max(0, count - REMEMBERED) && matches(found, hash, stamp, host) ? found : -1;
    }

    private static int place(final long hash, final long stamp) {
        return (int) ((hash ^ stamp) * 0x9e3779b97f4a7c15L >>> PLACE_SHIFT);
    }

    private boolean matches(final long index, final long hash, final long stamp, final String host) {
        final int slot = (int) (index % REMEMBERED);
        return texts[slot] == hash && stamps[slot] == stamp
                && (host == null || hosts[slot] == null || Objects.equals(host, hosts[slot]));
    }

    /** How many lines were there for the second time. */
    long echoes() {
        return echoes;
    }

    /** Forgets everything: another log begins. */
    void clear() {
        count = 0;
        next = -1;
        Arrays.fill(places, 0);
    }

    private static long hash(final String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (c > ' ') {
                hash = (hash ^ c) * 0x100000001b3L;
            }
        }
        return hash;
    }
}
