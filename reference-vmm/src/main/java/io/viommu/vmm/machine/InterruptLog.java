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

package io.viommu.vmm.machine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What reaches the interrupt controller: rising edges of wires, counted, and messages, in order. There is no controller
 * behind it; whoever plays the CPU asks here.
 */
public final class InterruptLog {

    /** More messages than anybody asked for are forgotten, the oldest first. */
    private static final int MAX_MESSAGES = 65_536;

    private final BitSet levels = new BitSet();
    private final Map<Integer, Integer> edges = new TreeMap<>();
    private final ArrayDeque<Message> messages = new ArrayDeque<>();
    private WireListener listener = (input, level) -> {
    };

    /** Who built a message. */
    public enum Origin {
        /** The vIOMMU itself, from its own address and data registers. */
        IOMMU,
        /** A device or the IOAPIC, after interrupt remapping (or unchanged where there is none). */
        REMAP
    }

    /**
     * A message that was sent.
     *
     * @param origin  who built it.
     * @param address the address written.
     * @param data    the 32 bits written.
     */
    public record Message(Origin origin, long address, int data) {
    }

    /** Learns each change of a wire, as it happens. */
    @FunctionalInterface
    public interface WireListener {
        /**
         * A wire changed.
         *
         * @param input the controller's input: the SPI on virt, the IOAPIC pin on q35.
         * @param level true if it rose.
         */
        void changed(int input, boolean level);
    }

    /** Makes a log of nothing. */
    InterruptLog() {
    }

    /**
     * Lets somebody watch the wires.
     *
     * @param watcher takes each change; replaces an earlier one.
     */
    public void watch(final WireListener watcher) {
        listener = watcher;
    }

    void wire(final int input, final boolean level) {
        if (levels.get(input) == level) {
            return;
        }
        levels.set(input, level);
        if (level) {
            edges.merge(input, 1, Integer::sum);
        }
        listener.changed(input, level);
    }

    void message(final Origin origin, final long address, final int data) {
        if (messages.size() == MAX_MESSAGES) {
            messages.removeFirst();
        }
        messages.addLast(new Message(origin, address, data));
    }

    /**
     * Takes the rising edges since the last call.
     *
     * @return by controller input, in their order.
     */
    public Map<Integer, Integer> takeEdges() {
        final Map<Integer, Integer> taken = new TreeMap<>(edges);
        edges.clear();
        return taken;
    }

    /**
     * Takes the messages since the last call.
     *
     * @return oldest first.
     */
    public List<Message> takeMessages() {
        final List<Message> taken = new ArrayList<>(messages);
        messages.clear();
        return taken;
    }

    /** Forgets everything, as a controller does at power-on. */
    void reset() {
        levels.clear();
        edges.clear();
        messages.clear();
    }
}
