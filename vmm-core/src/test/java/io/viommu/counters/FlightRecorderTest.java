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

package io.viommu.counters;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.interrupt.InterruptSink;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

class FlightRecorderTest {

    @TempDir
    private Path folder;

    private final List<String> passedOn = new ArrayList<>();
    private final InterruptSink sink = FlightRecorder.interrupts(new InterruptSink() {
        @Override
        public boolean message(final long address, final int data) {
            passedOn.add("message");
            return false;
        }

        @Override
        public void line(final int line, final boolean level) {
            passedOn.add("line " + line + level);
        }
    });

    @Test
    void faultsInterruptsAndResponsesAreRecordedAndPassedOn() throws IOException {
        final FaultRecord record = new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(64)), 0);
        record.kind(FaultKind.SMMU_EVENT).hostDevice(-1).guestDevice(0x1742);
        final FaultObserver faults = FlightRecorder.faults((fault, disposition) -> passedOn.add("fault"));
        final Path file = folder.resolve("viommu.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("viommu.Fault");
            recording.enable("viommu.Interrupt");
            recording.enable("viommu.Response");
            recording.start();
            faults.settled(record, FaultDisposition.HOST_STAGE_2);
            sink.message(0x1000, 7);
            sink.pulse(2);
            FlightRecorder.responses((source, cookie, code) -> passedOn.add("response")).respond(1, 99, 0);
            recording.stop();
            recording.dump(file);
        }
        assertThat(passedOn).containsExactly("fault", "message", "line 2true", "line 2false", "response");
        final List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(events).extracting(event -> event.getEventType().getName()).containsExactlyInAnyOrder(
                "viommu.Fault", "viommu.Interrupt", "viommu.Interrupt", "viommu.Response");
        final RecordedEvent fault = events.stream().filter(e -> e.getEventType().getName().equals("viommu.Fault"))
                .findFirst().orElseThrow();
        assertThat(fault.getLong("hostDevice")).isEqualTo(0xFFFF_FFFFL);
        assertThat(fault.getString("outcome")).isEqualTo("host-only");
    }

    @Test
    void withoutARecordingEverythingIsPassedOn() {
        sink.line(1, true);
        assertThat(passedOn).containsExactly("line 1true");
    }
}
