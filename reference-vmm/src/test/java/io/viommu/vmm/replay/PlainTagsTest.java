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

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.fault.FaultSink;

/** Steps 0 and 2 belong to region 0 and say A and B, steps 1 and 3 to region 1 and say A and A. */
class PlainTagsTest {

    private static final HostReport A = new HostReport(false, 5, 2, FaultSink.NO_PASID, 1, 0xA000, 0);
    private static final HostReport B = new HostReport(false, 5, 2, 7, 1, 0xB000, 0);
    private static final HostReport[] REPORTS = { A, A, B, A };
    private static final int[] REGIONS = { 0, 1, 0, 1 };

    private final List<Long> tags = new ArrayList<>();

    private PlainTags tags(final boolean drops) {
        return new PlainTags(new FaultSink() {
            private final FaultRecord record = new FaultRecord()
                    .wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH)), 0);

            @Override
            public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
                record.clear();
                return pasid == NO_PASID ? record : record.pasid(pasid);
            }

            @Override
            public void publish() {
                tags.add(record.cookie());
            }

            @Override
            public void reject(final int source, final FaultDisposition disposition) {
                throw new AssertionError();
            }

            @Override
            public void flush() {
                // nothing is held back
            }
        }, REPORTS, REGIONS, 2, drops);
    }

    private static void read(final FaultSink sink, final int region, final HostReport report) {
        sink.claim(region, 0, report.pasid()).word(0, report.reason() | (long) report.flags() << 32)
                .word(1, report.permissions()).word(2, report.address()).word(3, report.fetchAddress());
        sink.publish();
    }

    @Test
    void regionsKeepTheirOwnOrderThroughAllRounds() {
        final PlainTags sink = tags(false);
        read(sink, 1, A);
        read(sink, 0, A);
        read(sink, 0, B);
        read(sink, 0, A);
        read(sink, 1, A);
        read(sink, 1, A);
        assertThat(tags).containsExactly(1L, 0L, 2L, 4L, 3L, 5L);
    }

    @Test
    void droppedFaultsArePassedOverUntilOneSaysTheSame() {
        final PlainTags sink = tags(true);
        read(sink, 0, B); // A was dropped
        read(sink, 0, B); // A of the second round was dropped
        read(sink, 0, A);
        assertThat(tags).containsExactly(2L, 4 + 2L, 8L);
    }
}
