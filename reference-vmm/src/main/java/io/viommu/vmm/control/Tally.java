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

package io.viommu.vmm.control;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;

/** Counts how injected faults ended; those of our own endpoints' DMA are not among them. */
final class Tally implements FaultObserver {

    private static final FaultDisposition[] ALL = FaultDisposition.values();

    private final AtomicLongArray counts = new AtomicLongArray(ALL.length);

    @Override
    public void settled(final FaultRecord record, final FaultDisposition disposition) {
        if (!record.emulated()) {
            counts.incrementAndGet(disposition.ordinal());
        }
    }

    /** The counts now, to subtract from later ones. */
    long[] snapshot() {
        final long[] now = new long[ALL.length];
        for (int i = 0; i < now.length; i++) {
            now[i] = counts.get(i);
        }
        return now;
    }

    /** How many have ended since. */
    long since(final long[] before) {
        long sum = 0;
        for (int i = 0; i < ALL.length; i++) {
            sum += counts.get(i) - before[i];
        }
        return sum;
    }

    /** What has come since, for people: {@code delivered=3 queue-full=1}. */
    String text(final long[] before) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < ALL.length; i++) {
            final long count = counts.get(i) - before[i];
            if (count > 0) {
                text.append(text.isEmpty() ? "" : " ")
                        .append(ALL[i].name().toLowerCase(Locale.ROOT).replace('_', '-')).append('=').append(count);
            }
        }
        return text.toString();
    }
}
