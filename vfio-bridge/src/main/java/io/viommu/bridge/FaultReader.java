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
package io.viommu.bridge;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.viommu.bridge.linux.Epoll;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.EventFd;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;

/**
 * The thread that reads many {@link FaultSource}s of any kind: waits until some are ready, takes all that is there, a
 * batch from each in turn, hands it to the sink and flushes the sink at the end of the sweep.
 *
 * <p>Sources may be added and removed by any thread while it runs. It polls them but never closes them: whoever added a
 * source closes it after {@link #remove} or {@link #stop} has returned. The loop allocates nothing.
 *
 * <p>What a source throws ends that source; what the sink or {@code ended} throws is logged once, and reading goes on.
 * Should the thread end all the same, every source is told as ended, nobody waits for it, and {@link #failure} says
 * why.
 */
public final class FaultReader implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(FaultReader.class.getName());
    private static final long WAKE_TOKEN = -1;
    private static final int READY_CAPACITY = 256;
    private static final int UNTIMED = -1;
    /** How often sources without a descriptor are looked at. */
    private static final int UNREADY_MILLIS = 1;
    /** Stopping and removing take what is there, not what a live producer goes on adding for ever. */
    private static final int LAST_SWEEPS = 1024;
    /** How often hot sources are looked at before the others and the commands have their turn again. */
    private static final int SWEEPS_BETWEEN_WAITS = 64;

    private final String name;
    private final FaultSink sink;
    private final ReaderSettings settings;
    private final Consumer<FaultSource> ended;
    private final SourceSet sources = new SourceSet();
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private final Epoll epoll = Epoll.create(READY_CAPACITY);
    private final EventFd wake = EventFd.create();
    private final AtomicLong wakeUps = new AtomicLong();
    private final Worker thread;
    private final Closing closing;
    private volatile boolean stopping;
    /** Guarded by the commands' queue: the descriptors may be somebody else's now. */
    private boolean released;
    private boolean failureLogged;

    private record Command(boolean add, FaultSource source, CountDownLatch done) {
    }

    /**
     * Makes a reader that waits for {@link #start}.
     *
     * @param name     names the thread.
     * @param sink     takes the faults; used by the reader's thread alone, and closed with the reader.
     * @param settings how it waits and takes.
     * @param ended    told, on the reader's thread, of each source that was dropped because it is exhausted or broken.
     * @throws io.viommu.bridge.linux.LinuxException if the kernel refuses.
     */
    public FaultReader(final String name, final FaultSink sink, final ReaderSettings settings,
            final Consumer<FaultSource> ended) {
        this.name = name;
        this.sink = sink;
        this.settings = settings;
        this.ended = ended;
        this.thread = new Worker("fault-reader-" + name, this::run);
        this.closing = new Closing("fault reader " + name);
        epoll.add(wake.fd(), WAKE_TOKEN);
    }

    /**
     * Starts reading. Call once.
     *
     * @throws IllegalStateException in one sentence, if it was started or closed before.
     */
    public void start() {
        synchronized (commands) {
            closing.check();
            if (thread.getState() != Thread.State.NEW) {
                throw new IllegalStateException("The fault reader " + name + " was started before.");
            }
            thread.start();
        }
    }

    /**
     * Adds a source; it is looked at once whether it is ready or not, since it may hold faults already. One that is
     * there already stays, once.
     *
     * @param source not closed before {@link #remove} or {@link #stop}.
     * @throws IllegalStateException in one sentence, if the reader is closed or has failed.
     */
    public void add(final FaultSource source) {
        closing.check();
        final Throwable cause = thread.failure();
        if (cause != null) {
            throw new IllegalStateException("The fault reader " + name + " has ended: " + cause, cause);
        }
        submit(new Command(true, source, null));
    }

    /**
     * Removes a source and waits until the reader has taken what is there, handed it to the sink, and let go of the
     * source. One that was never added, or has ended, is let go already. Not to be called by whom the sink waits for:
     * an injector's callback.
     *
     * @param source the source.
     * @throws InterruptedException if the waiting thread is interrupted.
     */
    public void remove(final FaultSource source) throws InterruptedException {
        final Command command = new Command(false, source, new CountDownLatch(1));
        submit(command);
        if (appliedHere()) {
            return;
        }
        boolean done = false;
        while (!done && thread.isAlive()) {
            done = command.done.await(10, TimeUnit.MILLISECONDS);
        }
    }

    /** Whether there is no thread to wait for: the caller is it, or it was not started. */
    private boolean appliedHere() {
        if (Thread.currentThread() == thread) {
            apply();
            return true;
        }
        synchronized (commands) {
            final boolean unstarted = thread.getState() == Thread.State.NEW;
            if (unstarted) {
                apply();
            }
            return unstarted;
        }
    }

    private void submit(final Command command) {
        synchronized (commands) {
            if (!released) {
                commands.add(command);
                wake.signal(1);
            }
        }
    }

    private void run() {
        try {
            read();
        } catch (final Throwable failed) {
            sources.forEach(this::tellEnded);
            throw failed;
        }
    }

    private void read() {
        while (!stopping) {
            if (settings.busyPoll()) {
                sources.markAll();
                if (sweep() == 0) {
                    Thread.onSpinWait();
                }
            } else {
                await();
                sweepWhileFaultsCome();
            }
            apply();
        }
        apply();
        sources.markAll();
        for (int i = 0; i < LAST_SWEEPS && sources.hotCount() > 0; i++) {
            sweep();
        }
    }

    /** Sleeps until a source or a command is there; not at all while some source still has faults. */
    private void await() {
        final int timeout = sources.hotCount() > 0 ? 0 : sources.hasUnready() ? UNREADY_MILLIS : UNTIMED;
        final int ready = epoll.await(timeout);
        if (ready < 0) {
            throw new IllegalStateException("The fault reader " + name + " can't wait any more: epoll_wait failed: "
                    + Errno.describe(-ready));
        }
        for (int i = 0; i < ready; i++) {
            final long token = epoll.token(i);
            if (token == WAKE_TOKEN) {
                wake.drain();
            } else {
                final int slot = (int) token;
                final FaultSource source = sources.get(slot);
                if (source != null) {
                    ready(source, (epoll.events(i) & (Epoll.ERROR | Epoll.HANG_UP)) != 0);
                    sources.mark(slot);
                }
            }
        }
        if (ready > 0 && timeout != 0) {
            wakeUps.lazySet(wakeUps.getPlain() + 1);
        }
        sources.markUnready();
    }

    /** While a fault was on its way to the guest the next may have come: looking is cheaper than being told. */
    private void sweepWhileFaultsCome() {
        for (int i = 0; i < SWEEPS_BETWEEN_WAITS && sweep() > 0; i++) {
            Thread.onSpinWait();
        }
    }

    private int sweep() {
        int total = 0;
        int kept = 0;
        final int hot = sources.hotCount();
        for (int i = 0; i < hot; i++) {
            final int slot = sources.hot(i);
            final FaultSource source = sources.get(slot);
            if (source == null) {
                sources.cool(slot); // removed since it was marked
                continue;
            }
            final int taken = poll(source);
            total += Math.max(taken, 0);
            if (taken > 0) {
                sources.keepHot(kept++, slot);
            } else {
                sources.cool(slot);
                if ((taken < 0 || exhausted(source)) && sources.get(slot) == source) {
                    drop(slot, source); // unless it has removed itself, and another has its slot
                }
            }
        }
        sources.endSweep(kept);
        if (hot > 0) {
            flush(); // also after a source that failed halfway
        }
        return total;
    }

    private void flush() {
        try {
            sink.flush();
        } catch (final Throwable failed) {
            logOnce("The sink of the fault reader " + name + " failed", failed);
        }
    }

    private void logOnce(final String message, final Throwable failed) {
        if (!failureLogged) {
            failureLogged = true;
            Worker.log(LOG, message + "; further failures of its kind are not logged", failed);
        }
    }

    private void ready(final FaultSource source, final boolean hungUp) {
        try {
            source.ready();
            if (hungUp) {
                source.hungUp();
            }
        } catch (final Throwable failed) {
            logOnce("The fault source " + source + " failed", failed); // it is polled all the same
        }
    }

    private boolean exhausted(final FaultSource source) {
        try {
            return source.exhausted();
        } catch (final Throwable failed) {
            Worker.log(LOG, "A fault source of the reader " + name + " failed and is dropped", failed);
            return true;
        }
    }

    /** A source never throws on what it reads; one that does all the same is dropped, the others go on. */
    private int poll(final FaultSource source) {
        try {
            return source.poll(sink, settings.batch());
        } catch (final Throwable defect) {
            Worker.log(LOG, "A fault source of the reader " + name + " failed and is dropped", defect);
            return -1;
        }
    }

    private void drop(final int slot, final FaultSource source) {
        unwatch(source);
        sources.remove(slot);
        tellEnded(source);
    }

    /** A source that was closed too early, or fails, has no descriptor to be let go of any more. */
    private void unwatch(final FaultSource source) {
        try {
            if (source.readyFd() != FaultSource.NO_FD) {
                epoll.remove(source.readyFd());
            }
        } catch (final Throwable gone) {
            LOG.log(System.Logger.Level.DEBUG, "a descriptor is watched no more", gone);
        }
    }

    private void tellEnded(final FaultSource source) {
        try {
            ended.accept(source);
        } catch (final Throwable failed) {
            logOnce("Whoever is told of ended sources of the fault reader " + name + " failed", failed);
        }
    }

    private void apply() {
        if (commands.isEmpty()) {
            return;
        }
        for (Command command = commands.poll(); command != null; command = commands.poll()) {
            if (command.add) {
                watch(command.source);
            } else {
                final int slot = sources.find(command.source);
                if (slot >= 0) {
                    unwatch(command.source);
                    sources.remove(slot); // first: a source that removes itself when it is polled has left already
                    drain(command.source);
                }
                command.done.countDown();
            }
        }
    }

    /** What has been read from the kernel must not vanish with its source. */
    private void drain(final FaultSource source) {
        for (int i = 0; i < LAST_SWEEPS && poll(source) > 0; i++) {
            Thread.onSpinWait();
        }
        flush();
    }

    private void watch(final FaultSource source) {
        int slot = -1;
        if (sources.find(source) >= 0) {
            return; // twice would be polled after the one remove
        }
        try {
            slot = sources.add(source);
            if (source.readyFd() != FaultSource.NO_FD) {
                epoll.add(source.readyFd(), slot);
            }
            sources.mark(slot);
        } catch (final Throwable refused) {
            Worker.log(LOG, "A fault source of the reader " + name + " can't be waited for", refused);
            if (slot >= 0) {
                sources.remove(slot);
            }
            tellEnded(source);
        }
    }

    /**
     * How often the thread slept and was woken by a source or a command: beside the number of faults it tells how much
     * of a run was waking up.
     *
     * @return since the start.
     */
    public long wakeUps() {
        return wakeUps.get();
    }

    /**
     * Why the thread has ended before its time.
     *
     * @return the cause, or null while all is well.
     */
    public Throwable failure() {
        return thread.failure();
    }

    /**
     * Reads what is there in all sources, then ends the thread. Sources can be closed afterwards. Called by the reader
     * itself, from a source or from {@code ended}, it only lets it end.
     *
     * @throws InterruptedException if the waiting thread is interrupted.
     */
    public void stop() throws InterruptedException {
        letEnd();
        if (Thread.currentThread() != thread) {
            thread.join();
        }
    }

    private void letEnd() {
        stopping = true;
        synchronized (commands) {
            if (!released) {
                wake.signal(1);
            }
        }
    }

    /**
     * Stops if that has not been done, lets go of the descriptors and closes the sink. Called by the reader itself, or
     * by any other {@link Worker}, it doesn't wait for that.
     */
    @Override
    public void close() {
        closing.close(Worker.isCurrent(), () -> Closing.all(this::end, sink::close));
    }

    private void end() {
        letEnd();
        Closing.join(thread);
        synchronized (commands) {
            released = true;
            commands.clear();
        }
        epoll.close();
        wake.close();
    }
}
