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

import java.util.function.Consumer;

/**
 * The lines of one console of one machine. Only lines of one stream are put together; what is open in it is closed by
 * whatever says that lines are missing.
 */
final class LogStream {
    private final LineJoiner joiner;
    private final SmmuRecords smmu;
    private final DmarMatcher dmar;
    private long sequence = LogTime.UNKNOWN;
    private LogTime latest = LogTime.NONE;

    /** Takes the records that are found in the lines of a stream. */
    @FunctionalInterface
    interface Records {
        void record(LogStream stream, FoundRecord record);
    }

    LogStream(final Records records, final Consumer<LogFault> faults, final Consumer<LogNotice> notices) {
        joiner = new LineJoiner(record -> records.record(this, record));
        smmu = new SmmuRecords(faults, notices);
        dmar = new DmarMatcher(faults);
    }

    SmmuRecords smmu() {
        return smmu;
    }

    DmarMatcher dmar() {
        return dmar;
    }

    /** Whether a record is incomplete, so that the next lines matter whatever stands in them. */
    boolean isOpen() {
        return joiner.holds() || smmu.awaitsMore() || dmar.awaitsMore();
    }

    /** The first line of what is open, or {@link Long#MAX_VALUE}. */
    long firstOpenLine() {
        return Math.min(joiner.firstLine(), Math.min(smmu.firstOpenLine(), dmar.firstOpenLine()));
    }

    /**
     * The next line.
     *
     * @param text its message
     * @param number its number in the log
     * @param printed its number in the kernel's buffer, or {@link LogTime#UNKNOWN}
     * @param time when it was printed
     * @param isRecord whether a driver that tells of faults printed it
     * @return whether there is a part of a record in it
     */
    boolean line(final String text, final long number, final long printed, final LogTime time,
            final boolean isRecord) {
        if (printed != LogTime.UNKNOWN) {
            if (sequence != LogTime.UNKNOWN && printed != sequence + 1 && printed != sequence) {
                lost("before a gap in the kernel's sequence numbers");
            }
            sequence = printed;
        }
        if (time.isKnown()) {
            checkOrder(time, isRecord);
            smmu.expire(time);
            dmar.expire(time);
        }
        return dmar.awaitsWords() && dmar.continueWords(text, number, time) || joiner.line(text, number, time);
    }

    private void checkOrder(final LogTime time, final boolean isRecord) {
        if (time.isOfAnotherBoot(latest)) {
            lost("before stamps that begin anew");
        } else if (isRecord && time.isOutOfOrder(latest, false)) {
            joiner.flush();
            smmu.disordered();
            dmar.disordered();
        }
        if (isRecord) {
            latest = time;
        }
    }

    /** Lines are missing here: nothing that is open can become whole. */
    void lost(final String where) {
        joiner.flush();
        smmu.lost(where);
        dmar.lost();
    }

    /** The input pauses: what needs no further line is whole. */
    void pause() {
        smmu.deliverWhole();
        dmar.deliverWhole();
    }

    /** So many lines of the log have been read. */
    void expire(final long now) {
        smmu.expire(now);
        dmar.expire(now);
    }

    void end() {
        joiner.flush();
        smmu.end();
        dmar.end();
        sequence = LogTime.UNKNOWN;
        latest = LogTime.NONE;
    }
}
