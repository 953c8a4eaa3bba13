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

package io.viommu.vmm.replay;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;

/**
 * Finds out which fault of the script a plain entry is: it carries no tag, but a region keeps the order of its device.
 * Where the producer drops what finds the ring full, faults are passed over until one says the same; between faults
 * that say the same it makes no difference which of them was dropped.
 */
final class PlainTags implements FaultSink {

    private final FaultSink sink;
    private final HostReport[] reports;
    private final int[][] stepsOf;
    private final long[] nextOf;
    private final boolean drops;
    private FaultRecord record;
    private int region;

    /**
     * Puts tags on what goes to a sink.
     *
     * @param reports  what each step of the script says.
     * @param regionOf the region of each step.
     * @param regions  how many regions there are; the number of a source is that of its region.
     * @param drops    whether the producer may have dropped some.
     */
    PlainTags(final FaultSink sink, final HostReport[] reports, final int[] regionOf, final int regions,
            final boolean drops) {
        this.sink = sink;
        this.reports = reports;
        this.drops = drops;
        this.nextOf = new long[regions];
        this.stepsOf = new int[regions][];
        final int[] counts = new int[regions];
        for (final int each : regionOf) {
            counts[each]++;
        }
        for (int i = 0; i < regions; i++) {
            stepsOf[i] = new int[counts[i]];
            counts[i] = 0;
        }
        for (int step = 0; step < regionOf.length; step++) {
            stepsOf[regionOf[step]][counts[regionOf[step]]++] = step;
        }
    }

    @Override
    public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
        region = source;
        record = sink.claim(source, hostDevice, pasid);
        return record;
    }

    @Override
    public void publish() {
        final int[] steps = stepsOf[region];
        long next = nextOf[region];
        // One round at most: in a round every fault of the region comes by.
        for (int i = 0; drops && i < steps.length
                && !reports[steps[(int) (next % steps.length)]].matches(record); i++) {
            next++;
        }
        record.cookie(next / steps.length * reports.length + steps[(int) (next % steps.length)]);
        nextOf[region] = next + 1;
        sink.publish();
    }

    @Override
    public void reject(final int source, final FaultDisposition disposition) {
        sink.reject(source, disposition);
    }

    @Override
    public void flush() {
        sink.flush();
    }

    @Override
    public void close() {
        sink.close();
    }
}
