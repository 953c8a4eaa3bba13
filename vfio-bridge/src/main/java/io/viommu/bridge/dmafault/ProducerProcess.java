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
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.UnixListener;
import io.viommu.bridge.linux.UnixSocket;
import io.viommu.lifecycle.Closing;

/**
 * A producer in a process of its own, seen from the one that started it: a second JVM of the same home and class path
 * that is handed the regions' memory and eventfds over a unix socket.
 *
 * <pre>{@code
 * try (ProducerProcess producer = ProducerProcess.launch(regions, script, ProducerSettings.paced())) {
 *     producer.start();
 *     producer.awaitEnd(Duration.ofMinutes(1));
 * }
 * }</pre>
 *
 * <p>If the producer dies, what it had written stays readable in the regions, and {@link #failure} says so in one
 * sentence. If this process dies, the producer ends. Any thread may call.
 */
public final class ProducerProcess implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ProducerProcess.class.getName());
    private static final int POLL_MILLIS = 50;
    private static final long LAUNCH_SECONDS = 60;
    private static final long END_SECONDS = 5;
    private static final int SIGNALLED = 128;
    /** What the producer needs of config/jvm.flags: Agrona's buffers, and calling into the C library. */
    private static final List<String> FLAGS = List.of("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx128m", "-XX:MaxDirectMemorySize=64m");

    private final Process process;
    private final ProducerChannel channel;
    private final long[] producedBy;
    private final long[] droppedBy;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile long produced;
    private volatile long dropped;
    private volatile boolean finished;
    private volatile String failure;
    private final Closing closing = new Closing("fault producer");
    private Thread watcher;

    private ProducerProcess(final Process process, final ProducerChannel channel, final int regions) {
        this.process = process;
        this.channel = channel;
        this.producedBy = new long[regions];
        this.droppedBy = new long[regions];
    }

    /**
     * Starts the process and hands it everything; it then waits for {@link #start}.
     *
     * @param regions  the regions, in the order that the script counts them; stay the caller's.
     * @param script   the faults; stays the caller's, and may be closed after this.
     * @param settings how they are produced.
     * @return the process.
     * @throws IllegalStateException in one sentence, if it does not get ready.
     * @throws UncheckedIOException  in one sentence, if it can't be started.
     */
    public static ProducerProcess launch(final List<DmaFaultRegion> regions, final FaultScript script,
            final ProducerSettings settings) {
        try {
            final Process process;
            final ProducerChannel channel;
            // A name in no folder: whatever signal comes when, nothing is left of it.
            final String name = "viommu-producer-" + UUID.randomUUID();
            try (UnixListener listener = UnixListener.bindAbstract(name)) {
                process = new ProcessBuilder(command(name)).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
                channel = accept(listener, process);
            }
            final ProducerProcess producer = new ProducerProcess(process, channel, regions.size());
            try {
                producer.hand(regions, script, settings);
            } catch (final RuntimeException refused) {
                producer.ended.countDown(); // nobody watches yet
                producer.close();
                throw refused;
            }
            producer.watcher = Thread.ofPlatform().name("producer-watch").daemon().start(producer::watch);
            return producer;
        } catch (final IOException refused) {
            throw new UncheckedIOException("The fault producer can't be started: " + refused.getMessage(), refused);
        }
    }

    private static List<String> command(final String socket) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        final String unchecked = System.getProperty("agrona.disable.bounds.checks");
        if (unchecked != null) {
            command.add("-Dagrona.disable.bounds.checks=" + unchecked);
        }
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(DmaFaultProducerMain.class.getName());
        command.add(socket);
        command.add(Long.toString(ProcessHandle.current().pid()));
        return command;
    }

    private static ProducerChannel accept(final UnixListener listener, final Process process) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LAUNCH_SECONDS);
        while (true) {
            if (listener.await(POLL_MILLIS)) {
                final UnixSocket socket = listener.accept();
                if (socket.peerProcess() == process.pid()) {
                    return new ProducerChannel(socket);
                }
                socket.close(); // a stranger, who is told nothing
            }
            if (!process.isAlive()) {
                throw new IllegalStateException("The fault producer ended with exit status " + process.exitValue()
                        + " before it was ready.");
            }
            if (System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new IllegalStateException("The fault producer was not ready within " + LAUNCH_SECONDS
                        + " seconds.");
            }
        }
    }

    private void hand(final List<DmaFaultRegion> regions, final FaultScript script, final ProducerSettings settings) {
        final long flags = (settings.waitForSpace() ? ProducerMessage.FLAG_WAIT_FOR_SPACE : 0)
                | (settings.coalesce() ? ProducerMessage.FLAG_COALESCE : 0);
        channel.send(new int[]{ script.fd() }, ProducerMessage.RUN, settings.repeat(), settings.rate(), flags,
                regions.size());
        awaitReady();
        for (int first = 0; first < regions.size(); first += ProducerMessage.REGIONS_PER_MESSAGE) {
            final int count = Math.min(ProducerMessage.REGIONS_PER_MESSAGE, regions.size() - first);
            final int[] descriptors = new int[2 * count];
            for (int i = 0; i < count; i++) {
                descriptors[2 * i] = regions.get(first + i).memory().fd();
                descriptors[2 * i + 1] = regions.get(first + i).event().fd();
            }
            channel.send(descriptors, ProducerMessage.REGIONS, first, count);
            awaitReady(); // the kernel bounds the descriptors in flight, so one message at a time
        }
    }

    private void awaitReady() {
        if (!channel.receive()) {
            throw new IllegalStateException("The fault producer ended before it was ready.");
        }
        if (channel.type() == ProducerMessage.FAILED) {
            throw new IllegalStateException(channel.sentence());
        }
    }

    /** Lets the producer begin. Call once. One that has died meanwhile is told by {@link #failure}. */
    public void start() {
        try {
            channel.send(ProducerMessage.START);
        } catch (final LinuxException gone) {
            LOG.log(System.Logger.Level.DEBUG, gone.getMessage()); // the watcher sees the end and says why
        }
    }

    private void watch() {
        try {
            while (channel.receive()) {
                take();
            }
        } catch (final LinuxException broken) {
            failure = broken.getMessage();
        } finally {
            judge();
            ended.countDown();
        }
    }

    private void take() {
        switch (channel.type()) {
            case ProducerMessage.PROGRESS -> totals();
            case ProducerMessage.REPORT -> {
                final int region = (int) channel.argument(0);
                if (region >= 0 && region < producedBy.length) {
                    producedBy[region] = channel.argument(1);
                    droppedBy[region] = channel.argument(2);
                }
            }
            case ProducerMessage.FINISHED -> {
                totals();
                finished = true;
            }
            case ProducerMessage.FAILED -> failure = channel.sentence();
            default -> {
                // A message of a later version; nothing here depends on it.
            }
        }
    }

    private void totals() {
        produced = channel.argument(0);
        dropped = channel.argument(1);
    }

    private void judge() {
        if (finished || failure != null) {
            return;
        }
        final String who = "The fault producer (process " + process.pid() + ")";
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                failure = who + " has closed its socket without finishing.";
                return;
            }
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        final int status = process.exitValue();
        failure = who + (status > SIGNALLED
                ? " was killed by signal " + (status - SIGNALLED)
                : " ended with exit status " + status) + " before it had finished; what it had written was kept.";
    }

    /**
     * Records that went into a ring, as last reported (ten times a second, and exactly at the end).
     *
     * @return over all regions.
     */
    public long produced() {
        return produced;
    }

    /**
     * Records that found their ring full, as last reported.
     *
     * @return over all regions.
     */
    public long dropped() {
        return dropped;
    }

    /**
     * Records that went into one region's ring.
     *
     * @param region its index.
     * @return exact once {@link #isFinished}, 0 before.
     */
    public long produced(final int region) {
        return finished ? producedBy[region] : 0;
    }

    /**
     * Records that found one region's ring full.
     *
     * @param region its index.
     * @return exact once {@link #isFinished}, 0 before.
     */
    public long dropped(final int region) {
        return finished ? droppedBy[region] : 0;
    }

    /**
     * Whether the whole script was produced.
     *
     * @return true after a normal end.
     */
    public boolean isFinished() {
        return finished;
    }

    /**
     * Why the producer ended early.
     *
     * @return one sentence, or null while it runs and after a normal end.
     */
    public String failure() {
        return failure;
    }

    /**
     * The process.
     *
     * @return its id.
     */
    public long pid() {
        return process.pid();
    }

    /**
     * Waits until the producer has ended, normally or not.
     *
     * @param time how long at most.
     * @return false when the time is up.
     * @throws InterruptedException if the waiting thread is interrupted.
     */
    public boolean awaitEnd(final Duration time) throws InterruptedException {
        return ended.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Kills the process at once, with SIGKILL. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Lets the producer go: it ends when it sees the socket's end, and is killed if it does not within seconds. */
    @Override
    public void close() {
        closing.close(this::letGo);
    }

    private void letGo() {
        channel.shutdown();
        boolean interrupted = false;
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (final InterruptedException hurry) {
            process.destroyForcibly();
            interrupted = true;
        }
        if (watcher != null) {
            Closing.join(watcher); // it receives from the channel until that has ended
        }
        channel.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
