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

/**
 * When a line was printed, as far as the line tells: by the kernel's own clock, by a calendar, or both.
 *
 * @param printk
 *            microseconds since the kernel booted, or {@link #UNKNOWN}
 * @param wall
 *            microseconds on the calendar, or {@link #UNKNOWN}; comparable only with others of the same form
 * @param form
 *            which form of calendar time it was
 * @param resolution
 *            the smallest step of the clock that counts, in microseconds
 */
record LogTime(long printk, long wall, int form, long resolution) {
    /** No time. */
    static final long UNKNOWN = -1;
    static final LogTime NONE = new LogTime(UNKNOWN, UNKNOWN, 0, 0);

    private static final long MICROS_PER_SECOND = 1_000_000;

    /**
     * The parts of one record are printed one after the other by one thread. A slow serial console makes that last: up
     * to 0.3 s between two lines were seen.
     */
    private static final long LONGEST_PAUSE = MICROS_PER_SECOND;

    /** Lines of several processors may overtake each other by so much. */
    private static final long MOST_OVERTAKEN = 1000;

    /** Whether a line of this time can be the next part of a record whose part before had the other time. */
    boolean follows(final LogTime earlier) {
        final long pause = since(earlier);
        return pause == Long.MIN_VALUE || pause >= 0 && pause <= longestPause();
    }

    /**
     * Whether a line of this time, behind one of the other, shows that lines are not in their order: it was printed a
     * little before. Much before is another boot, or another piece of the log.
     *
     * @param byOneThread whether one thread prints both, so that none overtakes the other
     */
    boolean isOutOfOrder(final LogTime earlier, final boolean byOneThread) {
        final long pause = since(earlier);
        return pause < (byOneThread ? 0 : -MOST_OVERTAKEN) && pause >= -2 * LONGEST_PAUSE;
    }

    /** Whether the clock has been set back: another boot, or another piece of the log. */
    boolean isOfAnotherBoot(final LogTime earlier) {
        final long pause = since(earlier);
        return pause < -2 * LONGEST_PAUSE && pause != Long.MIN_VALUE;
    }

    /** Whether so much time has passed that nothing more can come of a record. */
    boolean isLongAfter(final LogTime earlier) {
        return since(earlier) > longestPause();
    }

    /** Whether two lines of the same text and this time are one line, printed twice. */
    boolean isFine() {
        return resolution == 1 && (printk > 0 || wall > 0);
    }

    /** Whether the line tells its time at all. */
    boolean isKnown() {
        return printk != UNKNOWN || wall != UNKNOWN;
    }

    private long longestPause() {
        return LONGEST_PAUSE + (printk == UNKNOWN && resolution >= MICROS_PER_SECOND ? resolution : 0);
    }

    private long since(final LogTime earlier) {
        if (printk != UNKNOWN && earlier.printk != UNKNOWN) {
            return printk - earlier.printk;
        }
        return wall != UNKNOWN && earlier.wall != UNKNOWN && form == earlier.form
                ? wall - earlier.wall
                : Long.MIN_VALUE;
    }
}
