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
package io.viommu.bridge.dmafault;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import io.viommu.fault.FaultSink;

/** A process that starts a producer, prints its id and then does nothing until it is killed. */
final class ParentMain {

    private ParentMain() {
    }

    static Process start() throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of("..", "config", "jvm.flags"), "-Xmx128m", "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), ParentMain.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    public static void main(final String[] arguments) throws InterruptedException {
        final DmaFaultRegion region = DmaFaultRegion.create(new DmaFaultDevice("d", 0, 0, true), EntryFormat.EXTENDED);
        final FaultScript.Writer writer = FaultScript.writer();
        writer.add(0).unrecoverable(5, 2, FaultSink.NO_PASID, 1, 0x1000, 0);
        final ProducerProcess producer = ProducerProcess.launch(List.of(region), writer.build(),
                ProducerSettings.paced().repeat(1L << 30));
        producer.start();
        System.out.println(producer.pid());
        System.out.flush();
        Thread.sleep(Long.MAX_VALUE);
    }
}
