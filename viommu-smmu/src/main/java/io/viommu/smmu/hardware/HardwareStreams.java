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
package io.viommu.smmu.hardware;

import org.agrona.collections.Int2ObjectHashMap;

import io.viommu.iommu.NestedStreams;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.command.CommandQueue;
import io.viommu.smmu.command.PassedThrough;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.config.StreamTable;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;

/**
 * Keeps the hardware's idea of the passed-through streams in step with the guest's stream table and registers. A stream
 * that the guest's configuration aborts, or that has none, is aborted by the hardware, too; an entry that the hardware
 * doesn't take is ILLEGAL for this SMMU, and its traffic aborts (IHI 0070, 5.2.2).
 *
 * <p>If the hardware can't be made to forget, the device enters Service failure mode (12.3): every stream is cut off,
 * queues are left alone, GERROR.SFM_ERR says so, and only a reset ends it. A CMD_SYNC never completes over what the
 * hardware still uses.
 *
 * <p>Called by any vCPU thread. The host is called with the lock held, so that its order is the guest's.
 */
public final class HardwareStreams implements PassedThrough {

    /** An entry that isn't valid: the stream is cut off. */
    private static final Entry NOTHING = new Entry(0, 0);
    private static final Entry BYPASS = new Entry(StreamTableEntryLayout.V
            | (long) StreamTableEntryLayout.CONFIG_PASS << StreamTableEntryLayout.CONFIG_SHIFT, 0);

    /** What the hardware was told of a stream. */
    private record Entry(long word0, long word1) {
    }

    private final NestedStreams host;
    private final HardwareWords words;
    private final Runnable onFailure;
    private final CommandBatch batch;
    private final StreamTable table;
    private final StreamConfiguration stream = new StreamConfiguration();
    private final SmmuFault fault = new SmmuFault();
    private final Int2ObjectHashMap<Entry> installed = new Int2ObjectHashMap<>();
    private SmmuContext context;
    private volatile boolean failed;

    /**
     * Makes the link; nothing is installed until {@link #update}.
     *
     * @param host      the hardware.
     * @param memory    the guest's memory.
     * @param capabilities what the device offers.
     * @param onFailure called once when Service failure mode is entered.
     */
    public HardwareStreams(final NestedStreams host, final GuestMemory memory, final SmmuCapabilities capabilities,
            final Runnable onFailure) {
        this.host = host;
        this.words = new HardwareWords(capabilities);
        this.onFailure = onFailure;
        this.batch = new CommandBatch(host);
        this.table = new StreamTable(memory);
        this.context = SmmuContext.reset(capabilities);
    }

    /**
     * Registers have taken effect: every stream is treated as they and the stream table say now.
     *
     * @param registers the registers.
     */
    public synchronized void update(final SmmuContext registers) {
        context = registers;
        host.forEach(this::refresh);
    }

    /** The device was reset: what waited is forgotten, and a failure is over. */
    public synchronized void reset() {
        batch.discard();
        installed.clear();
        failed = false;
    }

    /**
     * A passed-through device has come.
     *
     * @param streamId the guest's StreamID.
     */
    public synchronized void added(final int streamId) {
        installed.remove(streamId);
        refresh(streamId);
    }

    /**
     * Whether Service failure mode was entered.
     *
     * @return true until reset.
     */
    public boolean failed() {
        return failed;
    }

    @Override
    public synchronized void configuration(final int first, final int last) {
        if (first == last) {
            if (host.owns(first)) {
                refresh(first);
            }
            return;
        }
        host.forEach(id -> {
            if (Integer.compareUnsigned(id, first) >= 0 && Integer.compareUnsigned(id, last) <= 0) {
                refresh(id);
            }
        });
    }

    /** Installs what the guest says of a stream; if that is what is there, only its CDs are forgotten (4.3.1). */
    private void refresh(final int streamId) {
        final Entry before = installed.get(streamId);
        final Entry now = entry(streamId);
        if (now.equals(before)) {
            if (isStage1(now)) {
                batch.add(CommandLayout.CFGI_CD_ALL | (long) streamId << CommandLayout.STREAM_SHIFT, 0, true);
            }
            return;
        }
        if (host.install(streamId, now.word0, now.word1)) {
            installed.put(streamId, now);
        } else {
            installed.put(streamId, NOTHING);
        }
    }

    private Entry entry(final int streamId) {
        if (failed || !context.enabled()) {
            return failed || context.abortsWhenDisabled() ? NOTHING : BYPASS;
        }
        if (table.lookup(context, streamId, stream, fault) != SmmuFault.NONE) {
            return NOTHING;
        }
        return stream.stage1Configured()
                ? new Entry(words.entry0(table.word(0)), words.entry1(table.word(1),
                        stream.ats() == StreamTableEntryLayout.EATS_FULL))
                : BYPASS;
    }

    private static boolean isStage1(final Entry entry) {
        return (entry.word0 & (long) StreamTableEntryLayout.CONFIG_STAGE_1 << StreamTableEntryLayout.CONFIG_SHIFT) != 0;
    }

    @Override
    public synchronized void invalidation(final long word0, final long word1) {
        final long first = words.command0(word0);
        if (first == 0) {
            return;
        }
        final int opcode = (int) (word0 & CommandLayout.OPCODE);
        final boolean aboutOneStream = opcode == CommandLayout.CFGI_CD || opcode == CommandLayout.CFGI_CD_ALL
                || opcode == CommandLayout.ATC_INV;
        if (!aboutOneStream || isNested((int) (word0 >>> CommandLayout.STREAM_SHIFT))) {
            batch.add(first, words.command1(word0, word1), aboutOneStream);
        }
    }

    private boolean isNested(final int streamId) {
        final Entry entry = installed.get(streamId);
        return entry != null && isStage1(entry) && host.owns(streamId);
    }

    /** The rest of the device learns of a failure without the lock: it interrupts the guest, who may come back. */
    @Override
    public int complete() {
        final boolean before = failed;
        final int outcome = hand();
        if (failed && !before) {
            onFailure.run();
        }
        return outcome;
    }

    private synchronized int hand() {
        if (failed) {
            return CommandQueue.STOPPED;
        }
        return switch (batch.complete()) {
            case CommandBatch.DONE -> 0;
            case CommandBatch.TIMED_OUT -> CommandLayout.CERROR_ATC_INV_SYNC;
            default -> fail();
        };
    }

    private int fail() {
        failed = true;
        host.forEach(this::refresh);
        return CommandQueue.STOPPED;
    }
}
