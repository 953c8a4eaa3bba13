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

import java.util.ArrayList;
import java.util.List;

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.UnixSocket;

/**
 * The process that stands in for the kernel: connects to the socket named by its arguments, is handed a script and the
 * regions, produces, and reports. It ends with its parent: the socket's end is its end.
 *
 * <p>{@link ProducerProcess} starts it; nobody needs to by hand.
 */
public final class DmaFaultProducerMain {

    private static final int PROGRESS_MILLIS = 100;
    private static final int ORPHANED = 3;

    private final ProducerChannel channel;
    private final List<DmaFaultProducer> producers = new ArrayList<>();

    private DmaFaultProducerMain(final ProducerChannel channel) {
        this.channel = channel;
    }

    /**
     * Runs the producer and ends the JVM: status 0 after a whole run, 1 after a failure (told to the parent), 2 for a
     * wrong call, 3 when the parent has gone.
     *
     * @param arguments the abstract name of the parent's socket, and the parent's process id.
     */
    public static void main(final String[] arguments) {
        if (arguments.length != 2 || !arguments[1].matches("[0-9]{1,10}")) {
            System.err.println("The fault producer takes its parent's socket and process id.");
            System.exit(2);
        }
        try (UnixSocket socket = UnixSocket.connectAbstract(arguments[0])) {
            if (socket.peerProcess() != Long.parseLong(arguments[1])) {
                System.err.println("The fault producer's socket is not its parent's.");
                System.exit(2);
            }
            System.exit(serve(new ProducerChannel(socket)));
        }
    }

    private static int serve(final ProducerChannel channel) {
        try {
            return new DmaFaultProducerMain(channel).serve();
        } catch (final RuntimeException failure) {
            try {
                channel.sendFailure(String.valueOf(failure.getMessage()));
            } catch (final RuntimeException orphaned) {
                return ORPHANED;
            }
            return 1;
        }
    }

    private int serve() {
        if (!channel.receive() || channel.type() != ProducerMessage.RUN) {
            return ORPHANED;
        }
        final long flags = channel.argument(2);
        final ProducerSettings settings = new ProducerSettings(channel.argument(0), channel.argument(1),
                (flags & ProducerMessage.FLAG_WAIT_FOR_SPACE) != 0, (flags & ProducerMessage.FLAG_COALESCE) != 0);
        final int regions = (int) channel.argument(3);
        final FaultScript script = FaultScript.map(channel.takeDescriptors(1)[0], regions);
        ProducerRehearsal.run(script, regions);
        channel.send(ProducerMessage.READY, 0);
        while (producers.size() < regions) {
            if (!channel.receive()) {
                return ORPHANED;
            }
            map((int) channel.argument(1));
            channel.send(ProducerMessage.READY, producers.size());
        }
        if (!channel.receive() || channel.type() != ProducerMessage.START) {
            return ORPHANED;
        }
        return produce(new ProducerRun(script, producers, settings));
    }

    private void map(final int count) {
        final int[] descriptors = channel.takeDescriptors(2 * count);
        for (int i = 0; i < count; i++) {
            final DmaFaultMemory memory = DmaFaultMemory.map(descriptors[2 * i]);
            producers.add(new DmaFaultProducer(memory, EventFd.adopt(descriptors[2 * i + 1])));
        }
    }

    private int produce(final ProducerRun run) {
        final Throwable[] failure = new Throwable[1];
        final Thread worker = Thread.ofPlatform().name("fault-producer").daemon().unstarted(run);
        worker.setUncaughtExceptionHandler((thread, thrown) -> failure[0] = thrown);
        worker.start();
        while (worker.isAlive()) {
            if (channel.await(PROGRESS_MILLIS)) {
                return ORPHANED; // nothing more is sent to a running producer, so this is the end of the stream
            }
            channel.send(ProducerMessage.PROGRESS, run.produced(), run.dropped());
        }
        if (failure[0] != null) {
            throw new IllegalStateException("The fault producer failed: " + failure[0], failure[0]);
        }
        for (int i = 0; i < producers.size(); i++) {
            channel.send(ProducerMessage.REPORT, i, producers.get(i).produced(), producers.get(i).dropped());
        }
        channel.send(ProducerMessage.FINISHED, run.produced(), run.dropped());
        return 0;
    }
}
